"""The rule of severities: a recorded fact is Informational; an entry that names one of these risks is raised.

It says how much an event matters on its own, for reading and for filters. Detections set their own.
"""

from typing import NamedTuple


class Risk(NamedTuple):
    """Why an event is raised, and how far, in OCSF's caption."""

    severity: str
    meaning: str


FACT = Risk("Informational", "what happened is recorded; nothing in it speaks for more")
RISKS: dict[str, Risk] = {
    "attempt failed": Risk("Low", "somebody tried what was refused or did not work"),
    "access given": Risk("Low", "ordinary access was given: a member's role, a group, a tool, a key enabled again"),
    "data shared": Risk("Low", "data was opened to others in the organization or to people by name"),
    "way in opened": Risk(
        "Medium", "a new credential, identity provider, connector or link lets somebody or something in"
    ),
    "privilege granted": Risk("Medium", "an administrator's role or a wider permission was given"),
    "data leaves": Risk("Medium", "data was opened to anybody, copied out, exported in part or seen by Anthropic"),
    "control changed": Risk("Medium", "a protective setting was changed; the record does not say whether it is weaker"),
    "control weakened": Risk("High", "a protective setting was switched off or loosened, or a record was cut short"),
    "data exported": Risk("High", "the organization's data as a whole was exported"),
    "data destroyed": Risk("High", "an organization is deleted with what it holds"),
    "organization handed over": Risk("High", "somebody else owns the organization"),
}
"""The risks an entry may name under `risk`."""


def severity(risk: str | None) -> str:
    """The severity's caption. Raises `KeyError` for a risk that the rule does not know."""
    return (FACT if risk is None else RISKS[risk]).severity
