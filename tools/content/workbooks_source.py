"""A workbook as its YAML under `sentinel/sources/workbooks/` defines it: tiles, queries and how results are shown.

Strict: a missing or misspelt key, and what does not fit on the page, is an error that names file and key.
"""

from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, model_validator

from tools.content.dashboards_source import COLUMNS, Color, Name, Question, Red, Title
from tools.content.rules import Section, Text
from tools.content.yaml_model import load_model

ParameterName = Annotated[str, Field(pattern=r"^[A-Z][A-Za-z]*$")]
TIME = "TimeRange"
NUMBER = "Answer"
"""The column that a number is read from."""
WHO = "Who"
NOBODY = "-"
"""The value of `Who` while nothing is selected."""


class UnfitWorkbook(ValueError):
    """A source that is not a valid workbook; the message names file, key and error, one per line."""


class Column(Section):
    """Format of a table column."""

    precision: int | None = Field(None, ge=0, le=6)
    """Decimal places; none: unformatted."""
    red: Red | None = None


class Tile(Section):
    """One tile."""

    id: Name
    title: Title
    about: str = ""
    """Note below the page: unit, window or source."""
    empty: str = ""
    """What an empty result means."""
    of: Name | None = None
    """The base query that this one continues."""
    query: Text
    show: Literal["number", "table", "column", "line", "area", "bar"]
    width: int = Field(ge=2, le=COLUMNS)
    size: Literal["tiny", "small", "medium", "large", "full"] | None = None
    unit: str = ""
    precision: int = Field(0, ge=0, le=6)
    red: Red | None = None
    columns: dict[Text, Column] = Field({})
    rows: int = Field(100, ge=10, le=1000)
    """Of a table."""
    colors: dict[Text, Color] = Field({})
    click: dict[ParameterName, Text] = Field({})
    """Parameter, and the column of the clicked row it takes its value from."""
    bound_only: str = ""
    """Why the test engine cannot run it; Microsoft's binder checks it all the same."""

    @model_validator(mode="after")
    def _check_options(self) -> "Tile":
        misplaced = [
            name
            for name, belongs in {
                "columns": self.show == "table",
                "click": self.show == "table",
                "red": self.show == "number",
                "colors": self.show not in ("number", "table"),
            }.items()
            if getattr(self, name) and not belongs
        ]
        if misplaced:
            raise ValueError(f"{self.id}: {misplaced} are not allowed for a {self.show}")
        if self.show == "number" and not self.unit:
            raise ValueError(f"{self.id}: a number needs a unit")
        return self


class Row(Section):
    """Tiles side by side that fill the page's width."""

    tiles: list[Tile] = Field(min_length=1)

    @model_validator(mode="after")
    def _fills_the_width(self) -> "Row":
        if (taken := sum(tile.width for tile in self.tiles)) != COLUMNS:
            raise ValueError(f"tiles {[t.id for t in self.tiles]} take {taken} of {COLUMNS} columns")
        return self


class Parameter(Section):
    """A parameter at the top of the page; queries read it as `{Name}`."""

    label: Text
    default: Text
    choices: Text | None = None
    """A query with the columns value and label; without it the parameter is a text."""


class Workbook(Section):
    """One workbook."""

    title: Text
    question: Question
    about: Text
    """Where the data comes from, and its limits."""
    days: int = Field(ge=1, le=90)
    """Initial time range."""
    parameters: dict[ParameterName, Parameter] = Field({})
    closer: bool = True
    """A click on a user or key shows their timeline below."""
    searches: dict[Name, Text] = Field({})
    rows: list[Row] = Field(min_length=1)

    @property
    def tiles(self) -> list[Tile]:
        """From left to right, from top to bottom."""
        return [tile for row in self.rows for tile in row.tiles]

    def query(self, tile: Tile) -> str:
        """The tile's whole query."""
        return (self.searches[tile.of] if tile.of else "") + tile.query

    @property
    def settable(self) -> set[str]:
        """The parameters that a click may set."""
        return {*self.parameters, *((WHO,) if self.closer else ())}

    @model_validator(mode="after")
    def _names_resolve(self) -> "Workbook":
        ids = [tile.id for tile in self.tiles]
        if twice := {id_ for id_ in ids if ids.count(id_) > 1}:
            raise ValueError(f"tiles {sorted(twice)} are defined twice")
        shared = {tile.of for tile in self.tiles if tile.of}
        if shared != set(self.searches):
            raise ValueError(
                f"searches {sorted(shared ^ set(self.searches))} are used but not defined, or defined but not used"
            )
        clicked = {name for tile in self.tiles for name in tile.click}
        if unknown := clicked - self.settable:
            raise ValueError(f"clicks set {sorted(unknown)}, which are not parameters")
        if self.closer and WHO not in clicked:
            raise ValueError(f"no tile sets {WHO}; write closer: false")
        return self


def load_workbooks(folder: Path) -> dict[str, Workbook]:
    """Name (`ClaudeTokens`) and workbook, in the order of the files' numbers. Raises `UnfitWorkbook`."""
    return {
        f"Claude{path.stem.partition('-')[2].capitalize()}": load_model(path, Workbook, UnfitWorkbook)
        for path in sorted(folder.glob("*.yaml"))
    }
