"""Deliberately broken dashboards, each with the fault that a check must find in it: the tables of `broken/`."""

from collections.abc import Iterator, Mapping
from copy import deepcopy
from pathlib import Path
from typing import Any, NamedTuple

import yaml

from tools.draw.checks import Fault, draw, strange_options, validate
from tools.draw.material import Dashboard

_BROKEN = Path(__file__).parent / "broken"
_SIDE = 240
_IN_A_ROW = 6
_CANVAS = {"width": _SIDE * _IN_A_ROW, "height": 1200, "display": "actual-size"}


class Proof(NamedTuple):
    """A broken dashboard, and a fault that must be among those found."""

    dashboard: Dashboard
    where: str
    message: str

    def holds(self, faults: list[Fault]) -> bool:
        """Whether the fault was found in its place."""
        return any(fault.where == self.where and self.message in fault.message for fault in faults)


def sound() -> Dashboard:
    """A dashboard without a fault."""
    return Dashboard(**_table("sound"))


def of_the_validator() -> dict[str, Proof]:
    """By the name of the fault."""
    broken = _table("validator").items()
    return {name: Proof(_changed(one["set"]), one["where"], one["message"]) for name, one in broken}


def unproven() -> Iterator[str]:
    """Errors that were not found, and errors found in the valid dashboard. Needs a browser."""
    proofs, page = of_the_validator(), _page(_table("canvas"))
    whole = {"sound": sound()}
    yield from _missed(proofs, validate({name: proof.dashboard for name, proof in proofs.items()} | whole))
    yield from _missed(page, draw({"page": next(iter(page.values())).dashboard} | whole, None), "page")
    yield from strange_options()


def _missed(proofs: Mapping[str, Proof], faults: Mapping[str, list[Fault]], page: str = "") -> Iterator[str]:
    yield from (f"{name} is not found" for name, proof in proofs.items() if not proof.holds(faults[page or name]))
    yield from (f"{fault.where} of the sound dashboard: {fault.message}" for fault in faults["sound"])


def _changed(changes: Mapping[str, Any]) -> Dashboard:
    """The valid dashboard with changed values at some paths; null removes a value."""
    whole = deepcopy(sound()._asdict())
    for path, value in changes.items():
        *way, last = path.split("/")
        inner: Any = whole
        for key in way:
            inner = inner[_key(inner, key)]
        if value is None:
            del inner[_key(inner, last)]
        else:
            inner[_key(inner, last)] = value
    return Dashboard(**whole)


def _key(container: Any, name: str) -> int | str:
    return int(name) if isinstance(container, list) else name


def _page(table: Mapping[str, Any]) -> dict[str, Proof]:
    """One dashboard with all the broken panels, a square each."""
    panels = {f"panel{number}": panel for number, panel in enumerate(table["panels"].values())}
    blocks = [_block(number, name, panels[name].get("place")) for number, name in enumerate(panels)]
    shown = Dashboard(
        {
            "title": "Broken",
            "description": "Each panel has one fault.",
            "visualizations": {name: {"options": {}, **panel["shown"]} for name, panel in panels.items()},
            "dataSources": {name: {"type": "ds.search", "name": name} for name in table["results"]},
            "layout": {"type": "absolute", "options": _CANVAS, "structure": blocks},
        },
        table["results"],
    )
    names = dict(zip(table["panels"], panels.items(), strict=True))
    return {name: Proof(shown, panel.get("where", id_), panel["message"]) for name, (id_, panel) in names.items()}


def _block(number: int, name: str, place: Mapping[str, int] | None) -> dict[str, Any]:
    row, column = divmod(number, _IN_A_ROW)
    square = {"x": column * _SIDE, "y": row * _SIDE, "w": _SIDE, "h": _SIDE}
    return {"item": name, "type": "block", "position": place or square}


def _table(name: str) -> dict[str, Any]:
    table: dict[str, Any] = yaml.safe_load((_BROKEN / f"{name}.yaml").read_text(encoding="utf-8"))
    return table
