"""A dashboard as its YAML under `splunk_app/dashboards/` defines it: panels, searches and how results are shown.

Strict: a missing or misspelt key, and what does not fit on the page, is an error that names file and key.
"""

import re
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, model_validator

from tools.content.rules import Section, Text
from tools.content.yaml_model import load_model

COLUMNS = 12
"""Of a row of the page."""
TITLE, ABOUT = 14, 18
"""Characters of a panel's title and subtitle that fit into one column."""
_TABLE = re.compile(r"\|\s*table\s+([^|]+)$")
_NAME = re.compile(r'"([^"]+)"|([^\s,]+)')
Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]
Color = Literal["activity", "usage", "agent", "content", "forwarder", "plain", "good", "red"]
"""One color per stream; red is only for what needs action."""


def _question(title: str) -> str:
    if not title.endswith("?"):
        raise ValueError(f"{title!r} is not a question")
    return title


def _title(title: str) -> str:
    if not title[0].isupper() or title.endswith(("?", ".", "!")):
        raise ValueError(f"{title!r} is not a title: start with a capital letter and end without punctuation")
    return title


Question = Annotated[Text, AfterValidator(_question)]
"""Of a whole page."""
Title = Annotated[Text, AfterValidator(_title)]
"""Of a panel: a short noun phrase."""


class UnfitDashboard(ValueError):
    """A source that is not a valid dashboard; the message names file, key and error, one per line."""


class Red(Section):
    """Values that need action: numbers from `at_least`, numbers under `below`, or words."""

    at_least: float | None = None
    below: float | None = None
    words: list[Text] = Field([])

    @model_validator(mode="after")
    def _one_kind(self) -> "Red":
        if sum((self.at_least is not None, self.below is not None, bool(self.words))) != 1:
            raise ValueError("red takes one of at_least, below, words")
        return self


class Column(Section):
    """Format of a table column."""

    unit: str = ""
    precision: int | None = Field(None, ge=0, le=6)
    """Decimal places; none: unformatted."""
    red: Red | None = None
    width: int | None = None


class Click(Section):
    """Target of a click: another dashboard, a search, or, with tokens alone, an input of this page."""

    dashboard: Name | None = None
    search: Text | None = None
    tokens: dict[Name, Text] = Field({})
    """Token, and the column of the clicked row it takes its value from."""

    @model_validator(mode="after")
    def _leads_somewhere(self) -> "Click":
        if (self.dashboard and self.search) or not (self.dashboard or self.search or self.tokens):
            raise ValueError("click leads to one of dashboard, search, tokens")
        return self


class Panel(Section):
    """One panel."""

    id: Name
    title: Title
    about: str = ""
    """Subtitle: unit, window or source."""
    empty: str = ""
    """What an empty result means."""
    of: Name | None = None
    """The base search that this one continues."""
    search: Text
    show: Literal["number", "table", "column", "line", "area", "bar"]
    width: int = Field(ge=2, le=COLUMNS)
    unit: str = ""
    unit_before: bool = False
    precision: int = Field(0, ge=0, le=6)
    red: Red | None = None
    columns: dict[Text, Column] = Field({})
    rows: int = Field(10, ge=5, le=100)
    """Of a page of the table."""
    colors: dict[Text, Color] = Field({})
    stacked: bool = False
    click: Click | None = None

    @property
    def description(self) -> str:
        """The subtitle."""
        return ". ".join(filter(None, (self.about, self.empty and f"Empty: {self.empty}")))

    @property
    def shown_columns(self) -> list[str]:
        """Columns of a table, from the last `table` command."""
        return last_table(self.search)

    @model_validator(mode="after")
    def _has_room(self) -> "Panel":
        for text, each in ((self.title, TITLE), (self.description, ABOUT)):
            if len(text) > each * self.width:
                raise ValueError(
                    f"{self.id}: {text!r} has {len(text)} characters; there is room for {each * self.width}"
                )
        if self.show == "table" and not set(self.columns) <= set(self.shown_columns):
            raise ValueError(
                f"{self.id}: columns {set(self.columns)} are not in the last `table`: {self.shown_columns}"
            )
        return self

    @model_validator(mode="after")
    def _check_options(self) -> "Panel":
        misplaced = [
            name
            for name, belongs in {
                "columns": self.show == "table",
                "red": self.show == "number",
                "colors": self.show not in ("number", "table"),
                "stacked": self.show in ("column", "area", "bar"),
            }.items()
            if getattr(self, name) and not belongs
        ]
        if misplaced:
            raise ValueError(f"{self.id}: {misplaced} are not allowed for a {self.show}")
        return self


class Row(Section):
    """Panels side by side that fill the page's width; `height` in pixels."""

    height: int = Field(ge=80, le=1000)
    panels: list[Panel] = Field(min_length=1)

    @model_validator(mode="after")
    def _fills_the_width(self) -> "Row":
        if (taken := sum(panel.width for panel in self.panels)) != COLUMNS:
            raise ValueError(f"panels {[p.id for p in self.panels]} take {taken} of {COLUMNS} columns")
        return self


class Choices(Section):
    """The options of a dropdown: a search with the columns `label` and `value`."""

    search: Text
    every: str = ""
    """Label of the option `*`; empty: no such option."""


class Input(Section):
    """An input at the top of the page; searches read it as `$token$`."""

    title: Text
    default: Text
    choices: Choices | None = None


class Dashboard(Section):
    """One dashboard."""

    title: Text
    question: Question
    about: Text
    """Where the data comes from, and its limits."""
    earliest: Text
    latest: Text = "now"
    inputs: dict[Name, Input] = Field({})
    searches: dict[Name, Text] = Field({})
    rows: list[Row] = Field(min_length=1)

    @property
    def panels(self) -> list[Panel]:
        """From left to right, from top to bottom."""
        return [panel for row in self.rows for panel in row.panels]

    @model_validator(mode="after")
    def _names_resolve(self) -> "Dashboard":
        ids = [panel.id for panel in self.panels]
        if twice := {id_ for id_ in ids if ids.count(id_) > 1}:
            raise ValueError(f"panels {sorted(twice)} are defined twice")
        shared = {panel.of for panel in self.panels if panel.of}
        if shared != set(self.searches):
            raise ValueError(
                f"searches {sorted(shared ^ set(self.searches))} are used but not defined, or defined but not used"
            )
        return self


def last_table(search: str) -> list[str]:
    """The columns of a search that ends in `table`."""
    found = _TABLE.search(search.strip())
    return [quoted or plain for quoted, plain in _NAME.findall(found[1])] if found else []


def load_dashboards(folder: Path) -> dict[str, Dashboard]:
    """View name and dashboard, in the order of the files' numbers. Raises `UnfitDashboard`."""
    return {
        f"claude_{path.stem.partition('-')[2]}": load_model(path, Dashboard, UnfitDashboard)
        for path in sorted(folder.glob("*.yaml"))
    }
