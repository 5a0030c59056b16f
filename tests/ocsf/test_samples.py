"""The samples match the current mapping and cover every theme and every actor."""

import json

from forwarder.ocsf.core.actors import VARIANTS
from forwarder.ocsf.feed.catalogue import families
from tests.ocsf.samples import MAKERS, ROOT, inputs, made, output
from tests.ocsf.second_opinion import objections
from tests.ocsf.validator import faults

NO_THEMES = {*MAKERS, "unknown"}


def test_every_sample_matches_the_current_mapping() -> None:
    stale = [str(source.relative_to(ROOT)) for source in inputs() if output(source).read_text("utf-8") != made(source)]
    assert stale == [], "run: python -m tests.ocsf.samples"


def test_every_sample_is_valid() -> None:
    events = {str(source.relative_to(ROOT)): json.loads(made(source)) for source in inputs()}
    assert {name: found for name, event in events.items() if (found := faults(event) + objections(event))} == {}


def test_every_folder_has_three_samples_and_no_stale_output() -> None:
    folders = [folder for folder in ROOT.iterdir() if folder.is_dir()]
    assert folders
    assert [folder.name for folder in folders if len(list(folder.glob("*.input.json"))) < 3] == []
    assert {output(source) for source in inputs()} == set(ROOT.glob("*/*.ocsf.json"))


def test_every_theme_of_the_table_has_three_samples_and_every_sample_is_of_its_theme() -> None:
    table = families()
    shown: dict[str, list[str]] = {theme: [] for theme in table}
    strangers = []
    for source in inputs():
        folder = source.parent.name
        if folder in NO_THEMES:
            continue
        code = json.loads(source.read_bytes())["type"]
        if folder in shown and code in table[folder]["types"]:
            shown[folder].append(code)
        else:
            strangers.append(f"{source.relative_to(ROOT)}: {code} is of another theme")
    assert strangers == []
    assert {theme: codes for theme, codes in shown.items() if len(codes) < 3} == {}


def test_every_actor_variant_occurs_in_the_samples() -> None:
    rows = [json.loads(source.read_bytes()) for source in inputs() if source.parent.name not in MAKERS]
    assert VARIANTS.keys() - {row["actor"]["type"] for row in rows} == set()


def test_no_two_samples_are_the_same_activity() -> None:
    ids = [json.loads(source.read_bytes())["id"] for source in inputs() if source.parent.name not in MAKERS]
    assert len(ids) == len(set(ids))
