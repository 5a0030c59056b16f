"""Both languages, and a plain reading where there is one, agree on events that nobody wrote for the rule.

Fifty people and keys over two weeks here; `make detections` takes two hundred over six.
"""

import pytest

from tests.content.agreement import Pot
from tests.content.case import cases

SEED, PRINCIPALS, DAYS = 1, 50, 14


@pytest.fixture(scope="module")
def pot() -> Pot:
    return Pot(SEED, PRINCIPALS, DAYS)


@pytest.mark.parametrize("rule", cases())
def test_the_languages_and_the_plain_reading_agree(pot: Pot, rule: str) -> None:
    told = pot.agreement(rule)
    assert told.spl == told.kql
    if told.reading is not None:
        assert told.reading == told.kql
    assert told.kql, "no row at all proves little"
