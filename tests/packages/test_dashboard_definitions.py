"""Dashboards as Splunk's own validator sees them, in node; each deliberately broken one is found."""

import json
from pathlib import Path
from xml.etree import ElementTree

import pytest

from tests.packages.conf_files import DEFAULT
from tools.draw.checks import Fault, validate
from tools.draw.material import Dashboard
from tools.draw.proofs import Proof, of_the_validator, sound

PICTURES = Path(__file__).parents[2] / "docs" / "pictures"
VIEWS = {path.stem: path for path in (DEFAULT / "data/ui/views").glob("*.xml")}
PROOFS = of_the_validator()


def shipped(view: Path) -> Dashboard:
    """The definition inside a view."""
    text = ElementTree.fromstring(view.read_text()).findtext("definition")  # noqa: S314 (our own file)
    return Dashboard(json.loads(text or ""))


@pytest.fixture(scope="module")
def faults() -> dict[str, list[Fault]]:
    """Of everything here, from one run of node."""
    shown = {name: shipped(view) for name, view in VIEWS.items()}
    return validate(shown | {"sound": sound()} | {wrong: proof.dashboard for wrong, proof in PROOFS.items()})


def test_splunks_validator_finds_no_error_in_any_dashboard(faults: dict[str, list[Fault]]) -> None:
    assert VIEWS
    assert {name: faults[name] for name in [*VIEWS, "sound"] if faults[name]} == {}


@pytest.mark.parametrize("wrong", PROOFS)
def test_a_broken_dashboard_is_found(faults: dict[str, list[Fault]], wrong: str) -> None:
    proof: Proof = PROOFS[wrong]
    assert proof.holds(faults[wrong]), faults[wrong]


def test_every_dashboard_has_a_picture_and_no_picture_is_left_over() -> None:
    assert {path.stem for path in PICTURES.glob("*.png")} == set(VIEWS)
