"""`detections/lookups/lookups.yaml` and the CSV files beside it: the tables that tune the rules."""

import csv
from pathlib import Path
from typing import NamedTuple

import yaml
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter


class LookupDefinition(BaseModel):
    """What `lookups.yaml` says of one table."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    watchlist: str = Field(pattern=r"^Claude[A-Za-z]+$", description="alias in Sentinel")
    key: str = Field(description="column that Sentinel searches by")
    meaning: str
    match_type: str | None = Field(None, description="transforms.conf match_type, such as WILDCARD(user)")


class Lookup(NamedTuple):
    """One table: its Splunk name, what it means, its CSV."""

    name: str
    definition: LookupDefinition
    text: str

    @property
    def columns(self) -> list[str]:
        """The header."""
        return next(csv.reader([self.text.splitlines()[0]]))


_MEANINGS = TypeAdapter(dict[str, LookupDefinition])


def load_lookups(folder: Path) -> list[Lookup]:
    """All tables, by name. Raises `ValueError` (pydantic), or `OSError` for a CSV that is missing."""
    definitions = _MEANINGS.validate_python(yaml.safe_load((folder / "lookups.yaml").read_text()))
    return [Lookup(name, definitions[name], (folder / f"{name}.csv").read_text()) for name in sorted(definitions)]
