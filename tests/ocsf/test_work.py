"""The work for a record grows with its size, whatever an API returns: counted, for hostile families of each kind."""

import json
from collections.abc import Callable
from typing import Any

import orjson
import pytest

from forwarder.ocsf import normalize
from forwarder.records import AnyRecord, InventoryChange, InventoryRecord, UsageRecord, dead_letter_body
from tests.ocsf.world import RECEIPT, TIME_MS, activity, actor, record
from tests.work import growth, work_of

SIZE = 400
MOST_GROWTH = 1.2
UPDATE = {"type": "sso_enabled", "previous_value": "true", "current_value": "false"}


def deep(depth: int) -> Any:
    return json.loads("[" * (depth + 1) + "]" * (depth + 1))


def settings_updated(n: int, **fields: Any) -> AnyRecord:
    return record(activity("claude_organization_settings_updated", updates=[UPDATE] * n, **fields))


def listed(n: int, **fields: Any) -> dict[str, Any]:
    return {
        "id": "apikey_01",
        "name": "ci",
        "status": "active",
        **{f"f{number}": number for number in range(n)},
        **fields,
    }


def usage(source: str, **fields: Any) -> AnyRecord:
    return UsageRecord(source, TIME_MS, TIME_MS + 1, fields, TIME_MS)


MODEL = {"model": "m", "estimated_cost": {"amount": 1, "currency": "USD"}, "tokens": {"input": 1}}
FAMILIES: dict[str, Callable[[int], AnyRecord]] = {
    "updates": settings_updated,
    "updates of different settings": lambda n: record(
        activity("api_key_updated", updates=[{**UPDATE, "type": f"s{number}"} for number in range(n)])
    ),
    "unknown fields": lambda n: record(activity("claude_chat_created", **{f"f{number}": "x" for number in range(n)})),
    "names that become equal": lambda n: record(
        activity("claude_chat_created", **{chr(0xD800 + number): 1 for number in range(n)})
    ),
    "an unknown type of many words": lambda n: record(activity("_".join(["word"] * n))),
    "a list of users": lambda n: record(activity("claude_chat_created", user_ids=[f"user_{m}" for m in range(n)])),
    "deep lists": lambda n: record(activity("claude_chat_created", held=[deep(100 + n // 8)] * 8)),
    "an actor of many fields": lambda n: record(
        activity("claude_chat_created", actor=actor(**{f"f{number}": "x" for number in range(n)}))
    ),
    "an actor of many fields, with half a character": lambda n: record(
        activity("claude_chat_created", actor=actor(**{f"f{number}": "\ud800" for number in range(n)}))
    ),
    "integers beyond 64 bits": lambda n: record(activity("claude_chat_created", held=[2**70] * n)),
    "an inventory record": lambda n: InventoryRecord("api_keys", TIME_MS, listed(n), {"age_days": 1}),
    "a change of many fields": lambda n: InventoryChange("api_keys", TIME_MS, listed(n), listed(0), 1),
    "a usage row of many dimensions": lambda n: usage("usage", **{f"d{number}": "x" for number in range(n)}),
    "a usage row of many models": lambda n: usage("claude_code_usage", actor=actor(), model_breakdown=[MODEL] * n),
}


@pytest.mark.parametrize("name", FAMILIES)
def test_the_work_for_a_record_grows_with_its_size(name: str) -> None:
    family = FAMILIES[name]

    def work(n: int) -> int:
        made = family(n)
        return work_of(lambda: normalize(made, RECEIPT)) + len(normalize(made, RECEIPT).body) // 64

    work(2)  # the tables are read once
    assert growth(work, SIZE) < MOST_GROWTH


HOSTILE: dict[str, Callable[[int], Any]] = {
    "deep lists": lambda n: deep(n),
    "deep objects": lambda n: json.loads('{"a":' * n + "1" + "}" * n),
    "half characters": lambda n: {f"{number}\ud800": "\ud800" for number in range(n)},
    "integers beyond 64 bits": lambda n: [2**70] * n,
    "an integer of thousands of digits": lambda n: {"n": 10 ** (2 * n)},
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_refused_object_is_a_dead_letter_whatever_it_holds(name: str) -> None:
    family = HOSTILE[name]
    assert growth(lambda n: work_of(lambda: dead_letter_body(family(n))), 200) < MOST_GROWTH
    assert json.loads(dead_letter_body(family(200))) == family(200)


def test_a_refused_object_nested_deeper_than_any_reader_follows_is_a_dead_letter() -> None:
    """As deep as the reader of pages follows; a writer follows 254 levels, and Python 1,000."""
    nested = orjson.loads(b"[" * 1000 + b"]" * 1000)
    assert dead_letter_body({"id": nested}) == b'{"id":' + b"[" * 1000 + b"]" * 1000 + b"}"
