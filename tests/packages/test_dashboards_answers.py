"""Every search of every dashboard answers over the simulated month, whatever is chosen; nothing is empty."""

from typing import Any

import pytest

from tests.packages.dashboard_searches import key_lookup_rows, splunk, watch
from tests.packages.dashboard_world import world
from tests.packages.dashboards_counted import answers
from tests.spl.values import text
from tools.content.dashboards import SOURCES
from tools.content.dashboards_source import Panel, load_dashboards

DASHBOARDS = load_dashboards(SOURCES)
ATTACKER = "dai.abe@example.com"


def is_empty(value: Any) -> bool:
    """Nothing, or what stands for it."""
    return value in (None, "", "-", [])


@pytest.mark.parametrize("name", DASHBOARDS)
def test_every_panel_has_rows(name: str) -> None:
    held = answers(name)
    assert [source for source, rows in held.all().items() if not rows] == []


@pytest.mark.parametrize("name", DASHBOARDS)
def test_every_column_and_series_that_a_panel_names_is_there_and_filled_somewhere(name: str) -> None:
    for panel in DASHBOARDS[name].panels:
        rows = answers(name).rows(f"ds_{panel.id}")
        named = {*panel.shown_columns, *panel.colors, *(panel.click.tokens.values() if panel.click else ())}
        empty = {column for column in named if all(is_empty(row.get(column)) for row in rows)}
        assert empty <= EMPTY.get(f"{name}/{panel.id}", set()), panel.id
        if panel.show in ("column", "line", "area"):
            assert next(iter(rows[0])) in ("_time", "Age"), panel.id


EMPTY = {"claude_setup/sources": {"Setting"}}
"""What only another world fills: see `test_dashboards_operation`."""


@pytest.mark.parametrize("name", DASHBOARDS)
def test_every_field_that_a_search_reads_is_sent_by_the_forwarder_or_made_before(name: str) -> None:
    held = answers(name)
    held.all()
    assert held.missed == UNUSED.get(name, set())


UNUSED = {"claude_setup": {"assignments: known"}}
"""Made by the search, for rows that this world has not."""


def test_an_unknown_field_is_found() -> None:
    watch().missed.clear()
    search = '`claude_activity("claude_cod=*_viewed OR claude_code=*_viewed")` | eval a=usr, b=a | stats count by a bb'
    splunk().search(search, "-1d", "now")
    assert watch().missed == {"basesearch: claude_cod", "assignments: usr", "stats: bb"}


@pytest.mark.parametrize("name", DASHBOARDS)
def test_a_number_panel_has_one_number(name: str) -> None:
    for panel in DASHBOARDS[name].panels:
        if panel.show == "number":
            (row,) = answers(name).rows(f"ds_{panel.id}")
            (value,) = row.values()
            assert float(value) >= 0, panel.id


@pytest.mark.parametrize("name", DASHBOARDS)
def test_red_panels_turn_red_during_the_attack(name: str) -> None:
    """A word or threshold that nothing can reach would never warn."""
    missed = [panel.id for panel in DASHBOARDS[name].panels if _reds(panel) and not _red(name, panel)]
    assert missed == NOT_RED.get(name, [])


NOT_RED = {
    "claude_overview": ["lag"],
    "claude_identity": ["admins_listed"],
    "claude_tokens": ["share"],
    "claude_forwarder": ["last", "lag", "sources"],
    "claude_setup": ["arriving", "age", "sources", "rules"],
}
"""What is in order all month; other tests make it red by other inputs or another world."""


def _reds(panel: Panel) -> bool:
    return bool(panel.red or any(column.red for column in panel.columns.values()))


def _red(name: str, panel: Panel) -> bool:
    rows = answers(name).rows(f"ds_{panel.id}")
    if panel.red:
        return _calls(panel.red, next(iter(rows[0].values())))
    return any(
        _calls(column.red, row.get(title)) for title, column in panel.columns.items() if column.red for row in rows
    )


def _calls(red: Any, value: Any) -> bool:
    if is_empty(value):
        return False
    if red.words:
        return bool(text(value) in red.words)
    return bool(float(value) < red.below if red.below is not None else float(value) >= red.at_least)


A_KEY = "a key"
CHOSEN = [
    ("claude_who", {"who": ATTACKER}),
    ("claude_who", {"who": A_KEY}),
    ("claude_who", {"who": "203.0.113.66"}),
    ("claude_agents", {"person": "chloe.abe@example.com"}),
    ("claude_exposure", {"person": ATTACKER}),
    ("claude_tokens", {"workspace": "default", "limit": "1000"}),
    ("claude_keys", {"max_age": "60"}),
]


@pytest.mark.parametrize(("name", "tokens"), CHOSEN)
def test_every_search_works_for_one_user_key_address_or_workspace(name: str, tokens: dict[str, str]) -> None:
    named = {token: key_lookup_rows(world())[0] if value == A_KEY else value for token, value in tokens.items()}
    chosen, everything = answers(name, **named).all(), answers(name).all()
    bases = [source for source in chosen if source.startswith("base_")]
    narrowed = [source for source in bases if chosen[source] != everything[source]]
    assert narrowed, "the choice changes something"
    assert all(len(chosen[source]) <= len(everything[source]) for source in bases)


@pytest.mark.parametrize("who", ['x" OR index=*', "a | delete", "back\\slash"])
def test_user_input_stays_one_value(who: str) -> None:
    assert answers("claude_who", who=who).rows("base_trail") == []
