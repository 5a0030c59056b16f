"""The catalogue for people: one row a type, for `claude-siem catalogue` and the documentation."""

from collections.abc import Iterator
from typing import NamedTuple

from forwarder.ocsf.core.captions import CLASSES
from forwarder.ocsf.feed.catalogue import plans
from forwarder.ocsf.feed.data_models import MODELS, tags
from forwarder.ocsf.feed.plan import ActivityPlan, PlanChoice


class TypeMapping(NamedTuple):
    """How one activity type is mapped, in OCSF's captions."""

    code: str
    means: str
    theme: str
    class_uid: int
    class_name: str
    activity: str
    object: str
    severity: str
    risk: str
    """The reason for the severity; empty for a recorded fact."""
    status: str
    chosen_by: str
    """Fields whose values may select another activity, severity or status; empty for most."""
    cim: str
    """Tags of Splunk's data model."""
    asim: str
    stream: str


def mappings() -> Iterator[TypeMapping]:
    """Every activity type of the catalogue, by name."""
    return (mapping(plan) for _, plan in sorted(plans().items()))


def mapping(plan: ActivityPlan) -> TypeMapping:
    """The row of one plan."""
    return TypeMapping(
        code=plan.code,
        means=plan.means,
        theme=plan.theme,
        class_uid=plan.class_uid,
        class_name=CLASSES[plan.class_uid].caption,
        activity=plan.activity,
        object=plan.kind,
        severity=plan.severity,
        risk=plan.risk,
        status=plan.status,
        chosen_by=" ".join(dict.fromkeys(_path(choice) for choice in plan.choices)),
        cim=" ".join(tags(plan.code, plan.class_uid, plan.activity)),
        asim=MODELS[plan.class_uid].asim,
        stream="activity",
    )


def _path(choice: PlanChoice) -> str:
    return ".".join(filter(None, (choice.field, choice.setting or choice.inner)))
