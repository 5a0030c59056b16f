"""The samples are what the product does today."""

import json

from tests.ocsf.samples import ROOT, inputs, made, output
from tests.ocsf.second_opinion import objections
from tests.ocsf.validator import faults


def test_every_sample_is_what_the_product_makes_of_it() -> None:
    stale = [str(source.relative_to(ROOT)) for source in inputs() if output(source).read_text("utf-8") != made(source)]
    assert stale == [], "run: python -m tests.ocsf.samples"


def test_every_sample_is_valid() -> None:
    events = {source.name: json.loads(made(source)) for source in inputs()}
    assert {name: found for name, event in events.items() if (found := faults(event) + objections(event))} == {}


def test_every_theme_has_three_samples_and_no_output_is_left_over() -> None:
    themes = [folder for folder in ROOT.iterdir() if folder.is_dir()]
    assert themes
    assert [folder.name for folder in themes if len(list(folder.glob("*.input.json"))) < 3] == []
    assert {output(source) for source in inputs()} == set(ROOT.glob("*/*.ocsf.json"))
