"""Each condition of a base function or macro, if removed, is detected by a test case of a rule that uses it."""

import json
from typing import NamedTuple

import pytest

from forwarder.detect.rules import library
from tests.content.case import RuleTestCase, cases
from tests.content.execute import ROOT, Kql, Rows, Spl, content
from tests.content.mutants import Mutant, of_base
from tests.content.records import NOW
from tools.content.folder import Detection

DETECTIONS = {detection.folder: detection for detection in content().detections}


class Base(NamedTuple):
    """A base, and the rules whose test cases prove it."""

    language: str
    name: str
    rules: tuple[str, ...]
    equivalent: tuple[str, ...] = ()
    """Conditions that only save work."""


SPARES = ("TimeGenerated >= ago(since) - 2d",)
BASES = (
    Base("kql", "ClaudeOffHours", ("off-hours/off-hours-activity",)),
    Base("spl", "claude_off_hours", ("off-hours/off-hours-activity",)),
    Base("kql", "ClaudeActivity", ("off-hours/off-hours-activity",), SPARES),
    # That rule has its own bound, whole days. The bound of the function is proven with ClaudeActivity.
    Base("kql", "ClaudeUsage", ("tokens/token-spike-user",), ("EventTime >= ago(since)", *SPARES)),
    Base("spl", "claude_newest_figures", ("tokens/token-spike-user",)),
    Base("kql", "ClaudeUsageAsKnown", ("tokens/token-spike-user",), ("EventTime >= ago(since)", *SPARES)),
)


@pytest.mark.parametrize("base", BASES, ids=lambda base: base.name)
def test_a_base_without_one_condition_fails_a_test_case(base: Base) -> None:
    kql = {name: function.body for name, function in library().bases.items()}
    bases = kql if base.language == "kql" else content().macros
    test_cases = [(DETECTIONS[rule], test_case) for rule in base.rules for test_case in cases()[rule].test_cases]
    undetected = []
    text = bases[base.name]
    made = [mutant for mutant in of_base(base.language, text) if _takes_as_many(text, mutant.text)]
    assert made
    for mutant in made:
        if not any(
            _rows(base, mutant, detection, test_case) != _expected(detection.folder, test_case)
            for detection, test_case in test_cases
        ):
            undetected.append(mutant.meaning.partition("`")[2].rstrip("`"))
    assert sorted(undetected) == sorted(base.equivalent)


def _takes_as_many(base: str, mutant: str) -> bool:
    """Whether the mutant still has the macro's argument."""
    return base.count("$filter$") == mutant.count("$filter$")


def _rows(base: Base, mutant: Mutant, detection: Detection, test_case: RuleTestCase) -> Rows:
    changed = {base.name: mutant.text}
    if base.language == "kql":
        return Kql(test_case.events, test_case.lookups, changed).rows(detection.kql, NOW)
    return Spl(test_case.events, test_case.lookups, NOW, changed).rows(detection.spl, detection.rule.schedule.lookback)


def _expected(rule: str, test_case: RuleTestCase) -> Rows:
    rows: Rows = json.loads((ROOT / rule / f"{test_case.name}.expect.json").read_text()) if test_case.fires else []
    return rows
