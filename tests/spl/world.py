"""Small worlds for the tests of the interpreter: rows written as CSV, and events written as fields."""

from typing import Any

from tests.spl import Lookup, Splunk

NOW = 1_800_000_000
"""Friday 2027-01-15 08:00:00 UTC."""


def over(csv: str, spl: str) -> list[dict[str, Any]]:
    """What the search gives of the rows: a CSV text in which blanks also end a line."""
    lookup = Lookup.from_csv("\n".join(csv.split()))
    return Splunk(now=NOW, lookups={"rows": lookup}).search(f"| inputlookup rows | {spl}")


def value(expression: str, csv: str = "a,b 1,2") -> Any:
    """The value of an expression of eval in the first row; `None` for null."""
    return over(csv, f"eval result={expression} | fields result")[0].get("result")


def column(rows: list[dict[str, Any]], name: str) -> list[Any]:
    """The values of one field, `None` where it is null."""
    return [row.get(name) for row in rows]


def envelope(time: float, event: dict[str, Any] | None = None, **fields: Any) -> dict[str, Any]:
    """A HEC envelope in index main with indexed fields."""
    return {
        "time": f"{time:.3f}",
        "index": "main",
        "source": "feed",
        "sourcetype": "json",
        "event": event or {"n": 1},
        "fields": fields,
    }
