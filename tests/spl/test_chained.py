"""What dashboards need of the interpreter: searches that go on from others' rows, splunkd's endpoints, a watcher."""

import pytest

from tests.spl import SplError, Splunk
from tests.spl.world import NOW, envelope

ENDPOINT = "/servicesNS/-/app/saved/searches"


def splunk() -> Splunk:
    return Splunk(
        [envelope(NOW - 60, who="a"), envelope(NOW - 30, who="b"), envelope(NOW - 20, who="b")],
        now=NOW,
        endpoints={ENDPOINT: [{"title": "A", "disabled": "0"}]},
    )


def test_a_search_goes_on_from_the_rows_of_another_and_leaves_them_alone() -> None:
    base = splunk().search("index=main | stats count values(who) AS names by who")
    assert splunk().search("| where count > 1 | eval first=mvindex(names, 0), count=0", base=base) == [
        {"who": "b", "count": 0, "names": "b", "first": "b"}
    ]
    assert [row["count"] for row in base] == [1, 2]


@pytest.mark.parametrize("spl", ["stats count", "| makeresults", "| tstats count by index"])
def test_what_goes_on_starts_with_a_pipe_and_takes_rows(spl: str) -> None:
    with pytest.raises(SplError):
        splunk().search(spl, base=[{"a": 1}])


def test_rest_gives_the_rows_of_an_endpoint_and_refuses_what_would_leave_some_out() -> None:
    assert splunk().search(f"| rest {ENDPOINT} splunk_server=local count=0 | fields title") == [{"title": "A"}]
    for wrong in (
        f"| rest {ENDPOINT}",
        f"| rest {ENDPOINT} splunk_server=local",
        "| rest /x splunk_server=local count=0",
    ):
        with pytest.raises(SplError, match="rest"):
            splunk().search(wrong)


def test_a_watcher_sees_every_command_with_the_rows_that_it_gets_also_in_brackets() -> None:
    seen: list[tuple[str, int]] = []
    watched = Splunk(
        [envelope(NOW - 60, who="a")], now=NOW, watch=lambda c, rows: seen.append((type(c).__name__, len(rows)))
    )
    watched.search('index=main [| makeresults | eval who="a" | table who] | append [| makeresults] | head 1')
    assert seen == [
        ("BaseSearch", 0),
        ("Makeresults", 0),
        ("Assignments", 1),
        ("Table", 1),
        ("Append", 1),
        ("Makeresults", 0),
        ("Head", 2),
    ]
