"""Over a Splunk that holds nothing yet every number is nought or absent, and no search fails."""

import pytest

from tests.packages.dashboard_searches import Answers, search_head
from tests.packages.dashboard_world import World, world
from tests.spl import SplError
from tools.content.dashboards import SOURCES, definition
from tools.content.dashboards_source import load_dashboards

DASHBOARDS = load_dashboards(SOURCES)
HEAD = search_head(World([], world().now))
FROM_A_REPORT = {"claude_overview": {"lag"}, "claude_forwarder": {"lag", "backlog", "dead", "late"}}
"""Values of the last report, if there is one."""
NEVER = {"claude_forwarder": {"last"}, "claude_setup": {"age"}}
"""Minutes since never: as many as there are."""
OF_SPLUNK = {"claude_setup": {"enabled"}}
"""Known without an event."""
NO_DAYS = {"claude_tokens": {"tokens_by_day", "cost_by_day"}}
"""The interpreter rejects timechart of no rows, because Splunk does not document the result."""


@pytest.mark.parametrize("name", DASHBOARDS)
def test_without_events_numbers_are_zero_and_red_only_where_missing_data_is_an_error(name: str) -> None:
    held = Answers(definition(DASHBOARDS[name]), head=HEAD)
    for panel in DASHBOARDS[name].panels:
        if panel.id in NO_DAYS.get(name, ()):
            with pytest.raises(SplError, match="timechart"):
                held.rows(f"ds_{panel.id}")
            continue
        rows = held.rows(f"ds_{panel.id}")
        if panel.show != "number":
            assert rows == [] or name == "claude_setup", panel.id
        elif panel.id in FROM_A_REPORT.get(name, ()):
            assert rows == [], panel.id
        elif panel.id in OF_SPLUNK.get(name, ()):
            assert len(rows) == 1, panel.id
        elif panel.id in NEVER.get(name, ()):
            assert float(next(iter(rows[0].values()))) > 1e6, panel.id
        else:
            assert [float(value) for row in rows for value in row.values()] == [0], panel.id
