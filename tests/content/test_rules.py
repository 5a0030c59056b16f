"""Each rule's fixtures through both languages; each condition of a rule removed, and a fixture notices."""

import json
from typing import Any

import pytest

from tests.content import fixtures
from tests.content.execute import ROOT, Rows, content, run_kql, run_spl
from tests.content.fixtures import Story
from tests.content.mutations import MUTATIONS, Mutation
from tests.content.records import NOW

STORIES = list(fixtures.stories())
DETECTIONS = {detection.folder: detection for detection in content().detections}


def _name(case: Any) -> str:
    return f"{case.rule}/{case.name}" if isinstance(case, Story) else str(case)


def _expected(story: Story) -> Rows:
    if story.name.startswith("quiet."):
        return []
    rows: Rows = json.loads((ROOT / story.rule / f"{story.name}.expect.json").read_text())
    assert rows, "a rule that fires has rows"
    return rows


def _spl(story: Story, search: str | None = None) -> Rows:
    detection = DETECTIONS[story.rule]
    lookback = detection.rule.schedule.lookback
    return run_spl(search or detection.spl, story.events, NOW, story.lookups, lookback)


def _kql(story: Story, query: str | None = None) -> Rows:
    return run_kql(query or DETECTIONS[story.rule].kql, story.events, NOW, story.lookups)


@pytest.mark.parametrize("story", STORIES, ids=_name)
def test_both_languages_give_the_expected_rows_and_no_others(story: Story) -> None:
    expected = _expected(story)
    assert _kql(story) == expected
    assert _spl(story) == expected


def test_the_fixtures_on_disk_are_what_the_forwarder_emits() -> None:
    made = fixtures.files()
    on_disk = {p for p in ROOT.glob("*/*/*") if p.name.startswith(("fires.", "quiet."))}
    assert on_disk == set(made)
    assert [path.name for path, text in made.items() if path.read_text() != text] == []


def test_every_rule_has_what_fires_and_what_is_quiet() -> None:
    kinds = {(story.rule, story.name.split(".")[0]) for story in STORIES}
    assert kinds == {(rule, kind) for rule in DETECTIONS for kind in ("fires", "quiet")}


@pytest.mark.parametrize("mutation", MUTATIONS, ids=lambda m: f"{m.rule}: {m.meaning}")
def test_a_rule_without_this_condition_fails_a_fixture(mutation: Mutation) -> None:
    stories = [story for story in STORIES if story.rule == mutation.rule and story.name in mutation.noticed_by]
    assert len(stories) == len(mutation.noticed_by), "the mutation names fixtures that exist"
    detection = DETECTIONS[mutation.rule]
    assert any(_kql(story, mutation.in_kql(detection.kql)) != _expected(story) for story in stories)
    assert any(_spl(story, mutation.in_spl(detection.spl)) != _expected(story) for story in stories)
