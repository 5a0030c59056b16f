"""Each condition of what all rules read from, taken out, is noticed by a story of a rule that reads from it."""

import json
from typing import NamedTuple

import pytest

from forwarder.detect.rules import library
from tests.content.case import Story, cases
from tests.content.execute import ROOT, Kql, Rows, Spl, content
from tests.content.mutants import Mutant, of_base
from tests.content.records import NOW
from tools.content.folder import Detection

DETECTIONS = {detection.folder: detection for detection in content().detections}


class Base(NamedTuple):
    """A base, and the rules whose stories prove it."""

    language: str
    name: str
    rules: tuple[str, ...]
    equivalent: tuple[str, ...] = ()
    """Conditions that only spare work."""


SPARES = ("TimeGenerated >= ago(since) - 2d",)
BASES = (
    Base("kql", "ClaudeOffHours", ("off-hours/off-hours-activity",)),
    Base("spl", "claude_off_hours", ("off-hours/off-hours-activity",)),
    Base("kql", "ClaudeActivity", ("off-hours/off-hours-activity",), SPARES),
    # Whole days are judged there, by a bound of the rule's own; the function's bound is proven by ClaudeActivity's.
    Base("kql", "ClaudeUsage", ("tokens/token-spike-user",), ("EventTime >= ago(since)", *SPARES)),
    Base("spl", "claude_usage", ("tokens/token-spike-user",)),
)


@pytest.mark.parametrize("base", BASES, ids=lambda base: base.name)
def test_a_base_without_this_condition_fails_a_story(base: Base) -> None:
    told = library().bases if base.language == "kql" else content().macros
    stories = [(DETECTIONS[rule], story) for rule in base.rules for story in cases()[rule].stories]
    unnoticed = []
    text = told[base.name]
    made = [mutant for mutant in of_base(base.language, text) if _takes_as_many(text, mutant.text)]
    assert made
    for mutant in made:
        if not any(
            _rows(base, mutant, detection, story) != _expected(detection.folder, story) for detection, story in stories
        ):
            unnoticed.append(mutant.meaning.partition("`")[2].rstrip("`"))
    assert sorted(unnoticed) == sorted(base.equivalent)


def _takes_as_many(base: str, mutant: str) -> bool:
    """A macro that has lost its argument is called by nobody."""
    return base.count("$filter$") == mutant.count("$filter$")


def _rows(base: Base, mutant: Mutant, detection: Detection, story: Story) -> Rows:
    changed = {base.name: mutant.text}
    if base.language == "kql":
        return Kql(story.events, story.lookups, changed).rows(detection.kql, NOW)
    return Spl(story.events, story.lookups, NOW, changed).rows(detection.spl, detection.rule.schedule.lookback)


def _expected(rule: str, story: Story) -> Rows:
    rows: Rows = json.loads((ROOT / rule / f"{story.name}.expect.json").read_text()) if story.fires else []
    return rows
