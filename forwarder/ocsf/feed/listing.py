"""The catalogue for reading: one row a type, as `claude-siem catalogue` and the documentation show it."""

from collections.abc import Iterator
from typing import NamedTuple

from forwarder.ocsf.core.captions import CLASSES
from forwarder.ocsf.core.models import MODELS, tags
from forwarder.ocsf.feed.catalogue import plans
from forwarder.ocsf.feed.plan import Choice, Plan


class Mapping(NamedTuple):
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
    """Why the severity is raised; empty for a recorded fact."""
    status: str
    chosen_by: str
    """Fields whose values may choose another activity, severity or status; empty for most."""
    cim: str
    """Tags of Splunk's data model."""
    asim: str
    stream: str


def mappings() -> Iterator[Mapping]:
    """Every activity type of the catalogue, by name."""
    return (mapping(plan) for _, plan in sorted(plans().items()))


def mapping(plan: Plan) -> Mapping:
    """One row."""
    return Mapping(
        plan.code,
        plan.means,
        plan.theme,
        plan.class_uid,
        CLASSES[plan.class_uid].caption,
        plan.activity,
        plan.kind,
        plan.severity,
        plan.risk,
        plan.status,
        " ".join(dict.fromkeys(_path(choice) for choice in plan.choices)),
        " ".join(tags(plan.code, plan.class_uid, plan.activity)),
        MODELS[plan.class_uid].asim,
        "activity",
    )


def _path(choice: Choice) -> str:
    return ".".join(filter(None, (choice.field, choice.setting or choice.inner)))
