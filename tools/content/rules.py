"""`rule.yaml`, strict: a missing or misspelt key, or a value outside a SIEM's limits, is an error with file and key.

Limits are those of the Azure-Sentinel repository's template checks (`.script/tests/detectionTemplateSchemaValidation`).
"""

import fnmatch
import re
from pathlib import Path
from typing import Annotated, Literal
from uuid import UUID

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from forwarder.ocsf.feed.catalogue import plans
from tools.content.attack import TACTICS, tactics_without_technique, techniques_without_tactic
from tools.content.durations import Duration, minutes
from tools.content.entities import check_identifier
from tools.content.yaml_model import load_model

Text = Annotated[str, Field(min_length=1)]
Column = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,19}$")]
"""Output column, equal in both languages; at most 20 characters, the limit of a custom detail's key."""
NEAR_REAL_TIME_MINUTES = 5
PLACEHOLDER = re.compile(r"\$([a-z][a-z0-9_]*)\$")


def _sentence_case(name: str) -> str:
    if not name[0].isupper() or name.endswith("."):
        raise ValueError(f"{name!r} is not in sentence case without a full stop")
    return name


def _sentinel_tactic(tactic: str) -> str:
    if tactic not in TACTICS:
        raise ValueError(f"{tactic!r} is not a tactic of Sentinel; one of {', '.join(sorted(TACTICS))}")
    return tactic


class Section(BaseModel):
    """A mapping that allows only its own keys."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class SourceNeed(Section):
    """Data that a rule needs from one source, and the source's maximum delay."""

    source: Text
    types: list[Text] = []
    """Activity types that the rule reads, as patterns; `!` excludes some."""
    fields: list[Text] = Field(min_length=1)
    lateness: Duration

    @model_validator(mode="after")
    def _types_of_the_feed(self) -> "SourceNeed":
        if bool(self.types) != (self.source == "activities"):
            raise ValueError(f"{self.source}: `types` is required for `activities` and allowed only there")
        if idle := [pattern for pattern in self.types if not fnmatch.filter(plans(), pattern.removeprefix("!"))]:
            raise ValueError(f"{idle}: no activity type matches")
        return self


class Entity(Section):
    """An output column with an entity of the finding."""

    type: Text
    identifier: Text
    column: Column

    @model_validator(mode="after")
    def _known(self) -> "Entity":
        check_identifier(self.type, self.identifier)
        return self


class Parameter(Section):
    """A value that users can tune."""

    default: int | float | str
    unit: Text
    meaning: Text


class Schedule(Section):
    """How often a rule runs, how far it looks back in event time, and its overlap with the previous run.

    `every: 5m` is for single decisive events: an NRT rule in Sentinel, which runs every minute over what was ingested.
    """

    every: Duration
    lookback: Duration
    overlap: Duration

    @property
    def near_real_time(self) -> bool:
        """Whether Sentinel runs it as a near-real-time rule."""
        return minutes(self.every) == NEAR_REAL_TIME_MINUTES

    @model_validator(mode="after")
    def _within_sentinel_limits(self) -> "Schedule":
        for name in ("every", "lookback"):
            if not 5 <= minutes(getattr(self, name)) <= minutes("14d"):
                raise ValueError(f"{name} is {getattr(self, name)}; Sentinel takes 5m to 14d")
        if minutes(self.lookback) < minutes(self.every):
            raise ValueError("lookback is shorter than every")
        if minutes(self.lookback) >= minutes("2d") and minutes(self.every) < 60 and not self.near_real_time:
            raise ValueError("a lookback of 2d or more needs every of at least 1h, or of 5m for a near-real-time rule")
        return self


class Suppress(Section):
    """Columns that identify the same finding, and how long it is suppressed."""

    by: list[Column] = Field(min_length=1)
    for_: Duration = Field(alias="for")


class Runbook(Section):
    """What a finding means and what to do about it."""

    means: Text
    look_first: Text | list[Text]
    ask: Text | list[Text]
    stop: Text | list[Text]


class Rule(Section):
    """One rule, from its `rule.yaml`."""

    id: UUID
    version: str = Field(pattern=r"^\d+\.\d+\.\d+$")
    name: Annotated[str, Field(min_length=3, max_length=60), AfterValidator(_sentence_case)]
    summary: Text
    why: Text
    severity: Literal["informational", "low", "medium", "high"]
    score: int = Field(ge=1, le=100)
    family: str = Field(pattern=r"^[a-z][a-z-]*$")
    sources: list[SourceNeed] = Field(min_length=1)
    mitre_attack: list[Annotated[str, Field(pattern=r"^T\d{4}(\.\d{3})?$")]]
    atlas: list[Annotated[str, Field(pattern=r"^AML\.T\d{4}(\.\d{3})?$")]] = []
    owasp: list[Text] = []
    controls: list[Text] = []
    tactics: list[Annotated[str, AfterValidator(_sentinel_tactic)]]
    security_domain: Literal["access", "identity", "audit", "threat"]
    type: Literal["Anomaly", "TTP"]
    entities: list[Entity] = Field(min_length=1, max_length=5)
    parameters: dict[Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")], Parameter] = {}
    schedule: Schedule
    suppress: Suppress
    risk_object: Column
    risk_object_type: Literal["user", "system", "other"]
    message: Text
    false_positives: list[Text]
    runbook: Runbook
    lookups: list[str] = []

    @model_validator(mode="after")
    def _techniques_fit_tactics(self) -> "Rule":
        lone = techniques_without_tactic(self.mitre_attack, self.tactics)
        empty = tactics_without_technique(self.mitre_attack, self.tactics)
        if lone or empty:
            raise ValueError(f"techniques without a tactic of theirs: {lone}; tactics without a technique: {empty}")
        return self

    @property
    def message_columns(self) -> list[str]:
        """The distinct output columns in the message, in order."""
        return list(dict.fromkeys(PLACEHOLDER.findall(self.message)))


class UnfitRule(ValueError):
    """An invalid rule.yaml; the message names file, key and error, one per line."""


def load_rule(path: Path) -> Rule:
    """The rule in `path`. Raises `UnfitRule`."""
    return load_model(path, Rule, UnfitRule)
