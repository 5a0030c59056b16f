"""`sentinel/Workbooks/*.json`, from `sentinel/sources/workbooks/`.

A click on a user or key in a table shows their timeline at the end of the page, as in the workbook `ClaudeWho`.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tools.content.arm import as_file
from tools.content.folder import Content
from tools.content.workbook_items import Item, group, parameters, query, text
from tools.content.workbooks_source import NOBODY, WHO, Parameter, Tile, Workbook, load_workbooks

SOURCES = Path(__file__).parent.parent.parent / "sentinel" / "sources" / "workbooks"
FOLDER = "sentinel/Workbooks"
SCHEMA = "https://github.com/Microsoft/Application-Insights-Workbooks/blob/master/schema/workbook.json"
TRAIL_OF = "ClaudeWho"
_CLOSER = Parameter(label=f"Timeline of ({NOBODY} for none)", default=NOBODY)


def workbook_files(_: Content) -> dict[str, str]:
    """Path from the project's root and text. Raises `UnfitWorkbook`."""
    workbooks = load_workbooks(SOURCES)
    return {f"{FOLDER}/{name}.json": as_file(_notebook(name, one, workbooks)) for name, one in workbooks.items()}


def _notebook(name: str, workbook: Workbook, every: Mapping[str, Workbook]) -> dict[str, Any]:
    own = workbook.parameters | ({WHO: _CLOSER} if workbook.closer else {})
    clicked = {parameter for tile in workbook.tiles for parameter in tile.click}
    items = [
        text("heading", f"# {workbook.title}\n{workbook.question}"),
        parameters(name, workbook.days, own, clicked),
        *(query(tile, workbook.query(tile)) for tile in workbook.tiles),
        *([_closer(every[TRAIL_OF])] if workbook.closer else []),
        text("reading", _reading(workbook)),
    ]
    return {
        "version": "Notebook/1.0",
        "items": items,
        "styleSettings": {},
        "fromTemplateId": f"sentinel-{name}",
        "$schema": SCHEMA,
    }


def _closer(workbook: Workbook) -> Item:
    """The timeline of the selected user or key."""
    (steps,) = (tile for tile in workbook.tiles if tile.id == "trail")
    shown = steps.model_copy(update={"id": "closer_trail", "title": f"Timeline of {{{WHO}}}"})
    return group("closer", f"Details of {{{WHO}}}", [query(shown, workbook.query(steps))], (WHO, NOBODY))


def _reading(workbook: Workbook) -> str:
    """Notes on the page and its tiles."""
    notes = [f"- **{tile.title}:** {_note(tile)}" for tile in workbook.tiles if tile.about]
    return "\n".join(["### About this workbook", " ".join(workbook.about.split()), "", *notes])


def _note(tile: Tile) -> str:
    return f"{' '.join(tile.about.split())}."
