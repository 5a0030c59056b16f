"""The rule of severities: a recorded fact is Informational; an entry that names one of these risks is raised.

The severity of an event rates that event alone, for reading and filtering. Detection rules set their own.
"""

from collections.abc import Mapping
from typing import NamedTuple

from forwarder.ocsf.core.captions import SEVERITIES


class Risk(NamedTuple):
    """The severity that a risk gives an event, in OCSF's caption, and what the risk means."""

    severity: str
    meaning: str


FACT = Risk("Informational", "a recorded fact without a risk of its own")
RISKS: dict[str, Risk] = {
    "attempt failed": Risk("Low", "an attempt was refused or did not succeed"),
    "access given": Risk("Low", "ordinary access was granted: a member's role, a group, a tool, a re-enabled key"),
    "data shared": Risk("Low", "data was shared within the organization or with named people"),
    "way in opened": Risk(
        "Medium", "a new credential, identity provider, connector or link gives access to the organization"
    ),
    "privilege granted": Risk("Medium", "an administrator's role or a wider permission was granted"),
    "data leaves": Risk("Medium", "data was made public, copied out, exported in part or viewed by Anthropic"),
    "control changed": Risk("Medium", "a security setting was changed; the record does not show in which direction"),
    "control weakened": Risk("High", "a security setting was disabled or loosened, or audit data was truncated"),
    "data exported": Risk("High", "all data of the organization was exported"),
    "data destroyed": Risk("High", "an organization and its data are being deleted"),
    "organization handed over": Risk("High", "the ownership of the organization was transferred"),
}
"""The risks that an entry of a mapping table may name under `risk`."""


def severity(risk: str | None) -> str:
    """The caption of the severity. Raises `KeyError` for an unknown risk."""
    return (FACT if risk is None else RISKS[risk]).severity


_IDS = {caption: number for number, caption in SEVERITIES.items()}
SEVERITY_IDS: Mapping[str | None, int] = {risk: _IDS[severity(risk)] for risk in (None, *RISKS)}
"""Risk (`None`: a recorded fact) → OCSF's `severity_id`."""
