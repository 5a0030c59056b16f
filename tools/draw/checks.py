"""The two checks of dashboards, each a node program: Splunk's validator, and Splunk's view in a browser."""

import json
import subprocess
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import NamedTuple

from tools.draw.material import Dashboard
from tools.node import install, node

_HERE = Path(__file__).parent
VALIDATOR = _HERE / "validator"
CANVAS = _HERE / "canvas"
BROWSER = _HERE.parent / "browser"
_OF_EARLIER_VERSIONS = {("grid", "width"), ("grid", "height"), ("ds.chain", "extend")}
"""What the editor wrote before, and Splunk still reads."""


class Fault(NamedTuple):
    """An error in a dashboard, at a path in its definition or in a panel or input."""

    where: str
    message: str


def validate(dashboards: Mapping[str, Dashboard]) -> dict[str, list[Fault]]:
    """The faults of definitions, by name of the dashboard. Raises `RuntimeError` where node or npm cannot."""
    install(VALIDATOR)
    return _faults(VALIDATOR / "check.mjs", dashboards)


def draw(dashboards: Mapping[str, Dashboard], pictures: Path | None) -> dict[str, list[Fault]]:
    """Draws each as `pictures/NAME.png`; the faults that a reader would see. Raises `RuntimeError` as `validate`."""
    _bundle()
    return _faults(CANVAS / "draw.mjs", dashboards, str(pictures.resolve()) if pictures else "")


def strange_options() -> list[str]:
    """What the validator lets pass and Splunk Enterprise's view does not know, as `KIND TYPE OPTION`."""
    _bundle()
    passing, known = json.loads(_run(VALIDATOR / "options.mjs")), json.loads(_run(CANVAS / "options.mjs"))
    return [
        f"{kind} {type_} {option}"
        for kind, types in passing.items()
        for type_, options in types.items()
        for option in sorted(set(options) - set(known[kind].get(type_, ())))
        if (type_, option) not in _OF_EARLIER_VERSIONS
    ]


@cache
def _bundle() -> None:
    install(BROWSER)
    install(CANVAS)
    _run(CANVAS / "bundle.mjs")


def _faults(program: Path, dashboards: Mapping[str, Dashboard], *arguments: str) -> dict[str, list[Fault]]:
    request = json.dumps({name: dashboard._asdict() for name, dashboard in dashboards.items()})
    answers: dict[str, list[dict[str, str]]] = json.loads(_run(program, *arguments, request=request))
    return {name: [Fault(**fault) for fault in faults] for name, faults in answers.items()}


def _run(program: Path, *arguments: str, request: str = "") -> str:
    command = [node(), str(program), *arguments]
    run = subprocess.run(command, input=request, capture_output=True, text=True, timeout=600)  # noqa: S603 (our own)
    if run.returncode:
        raise RuntimeError(f"{program}: {run.stderr.strip()}")
    return run.stdout
