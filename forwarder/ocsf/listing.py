"""The catalogue for reading: one row a type, as `claude-siem catalogue` prints it."""

from collections.abc import Iterator
from typing import NamedTuple

from forwarder.ocsf.captions import CLASSES
from forwarder.ocsf.catalogue import plans
from forwarder.ocsf.plan import Plan


class Mapping(NamedTuple):
    """How one activity type is mapped, in OCSF's captions."""

    code: str
    class_uid: int
    class_name: str
    activity: str
    object: str
    severity: str
    status: str
    chosen_by: str
    """Field whose value may choose another activity, severity or status; empty for most."""


def mappings() -> Iterator[Mapping]:
    """Every activity type of the catalogue, by name."""
    return (_mapping(plan) for _, plan in sorted(plans().items()))


def _mapping(plan: Plan) -> Mapping:
    return Mapping(
        plan.code,
        plan.class_uid,
        CLASSES[plan.class_uid].caption,
        plan.activity,
        plan.kind,
        plan.severity,
        plan.status,
        f"updates.{plan.setting}" if plan.setting else plan.switch,
    )
