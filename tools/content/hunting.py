"""`sentinel/Hunting Queries/*.yaml`, written by hand in the form of the Azure-Sentinel repository.

Strict: what is missing, misspelt or out of the repository's limits is an error that names file and key.
"""

from pathlib import Path
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field, model_validator

from tools.content.attack import TACTICS, tactics_without_technique, techniques_without_tactic
from tools.content.entities import check_identifier
from tools.content.folder import Content
from tools.content.rules import Section, Text
from tools.content.yaml_model import load_model

FOLDER = Path(__file__).parent.parent.parent / "sentinel" / "Hunting Queries"
EXECUTED = "Tested in an independent engine (duckdb-kql) with synthetic events, not in Sentinel."
STATIC = "Statically checked, not executed: "
"""How the last line of a description begins that says what was proven."""


Technique = Annotated[str, Field(pattern=r"^T\d{4}(\.\d{3})?$")]


class UnfitHunt(ValueError):
    """A query that no package can hold; the text names file, key and fault, a line each."""


class FieldMapping(Section):
    """A column that names an entity."""

    identifier: Text
    column: Text = Field(alias="columnName")


class EntityMapping(Section):
    """An entity of the results."""

    type: Text = Field(alias="entityType")
    fields: list[FieldMapping] = Field(min_length=1, max_length=3, alias="fieldMappings")

    @model_validator(mode="after")
    def _known(self) -> "EntityMapping":
        for field in self.fields:
            check_identifier(self.type, field.identifier)
        return self


class DataNeed(Section):
    """Whose tables it reads."""

    connector: Literal["ClaudeSIEM"] = Field(alias="connectorId")
    tables: list[Text] = Field(alias="dataTypes", min_length=1)


class Hunt(Section):
    """One hunting query."""

    id: UUID
    name: str = Field(pattern=r"^Claude - [A-Z].*[^.]$", max_length=256)
    description: str = Field(min_length=1, max_length=5000)
    needs: list[DataNeed] = Field(alias="requiredDataConnectors", min_length=1)
    tactics: list[Text] = Field(min_length=1)
    techniques: list[Technique] = Field(alias="relevantTechniques", min_length=1)
    query: str = Field(min_length=1, max_length=10_000)
    entities: list[EntityMapping] = Field(alias="entityMappings", min_length=1, max_length=5)
    version: str = Field(pattern=r"^\d+\.\d+\.\d+$")

    @property
    def proof(self) -> Literal["executed", "static"]:
        """What the description says was proven."""
        return "executed" if self.description.endswith(EXECUTED) else "static"

    @model_validator(mode="after")
    def _tags_fit_and_the_proof_is_told(self) -> "Hunt":
        if unknown := set(self.tactics) - TACTICS:
            raise ValueError(f"{sorted(unknown)} are no tactics of Sentinel")
        lone = techniques_without_tactic(self.techniques, self.tactics)
        empty = tactics_without_technique(self.techniques, self.tactics)
        if lone or empty:
            raise ValueError(f"techniques without a tactic of theirs: {lone}; tactics without a technique: {empty}")
        proof = self.description.splitlines()[-1]
        if proof != EXECUTED and not proof.startswith(STATIC):
            raise ValueError(f"description must end in a line {EXECUTED!r} or one that begins {STATIC!r}")
        return self


def load_hunts(folder: Path = FOLDER) -> dict[str, Hunt]:
    """File name without ending and query, sorted. Raises `UnfitHunt`."""
    return {path.stem: load_model(path, Hunt, UnfitHunt) for path in sorted(folder.glob("*.yaml"))}


def hunt_files(_: Content) -> dict[str, str]:
    """Path from the project's root and text: written by hand, and part of every package. Raises `UnfitHunt`."""
    return {f"sentinel/Hunting Queries/{name}.yaml": (FOLDER / f"{name}.yaml").read_text() for name in load_hunts()}
