"""Every documented activity type with every actor is a valid event, by two validators that share no code."""

import hashlib
import json
import os
import subprocess
import sys
from typing import Any

import pytest

from forwarder.ocsf import normalize
from forwarder.ocsf.core.captions import (
    AUTH_PROTOCOLS,
    CLASSES,
    ENTITY_TYPES,
    OBSERVABLES,
    SEVERITIES,
    STATUSES,
    USER_TYPES,
)
from tests.ocsf.lossless import lost
from tests.ocsf.second_opinion import objections
from tests.ocsf.validator import classes, faults, schema
from tests.ocsf.world import ACTORS, RECEIPT, activity, actor, body, documented, example, record


def wrong(fields: dict[str, Any]) -> list[str]:
    made = normalize(record(fields), RECEIPT)
    event = body(made)
    found = [*faults(event), *objections(event), *(f"lost {value}" for value in lost(fields, event))]
    if normalize(record(json.loads(json.dumps(fields))), RECEIPT) != made:
        found.append("a second run gives other bytes")
    return [f"{fields.get('type')}: {fault}" for fault in found]


@pytest.mark.parametrize("kind", ACTORS)
def test_every_type_by_this_actor_is_valid_lossless_and_deterministic(kind: str) -> None:
    found = [fault for code in documented() for fault in wrong({**example(code), "actor": actor(kind)})]
    assert found == []


def test_the_bytes_of_every_type_are_the_same_in_another_process() -> None:
    """The order of sets of strings differs from process to process."""
    digests = {_digest_in_a_process(seed) for seed in ("1", "2")}
    assert digests == {digest_of_all()}


def digest_of_all() -> str:
    """One hash over the events of all types by all actors."""
    whole = hashlib.sha256()
    for kind in ACTORS:
        for code in documented():
            whole.update(normalize(record({**example(code), "actor": actor(kind)}), RECEIPT).body)
    return whole.hexdigest()


def _digest_in_a_process(seed: str) -> str:
    code = "from tests.ocsf.test_validity import digest_of_all; print(digest_of_all())"
    environment = {**os.environ, "PYTHONHASHSEED": seed}
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)
    return done.stdout.strip()


@pytest.mark.parametrize("value", [None, "", 5, 2**70, -1.5, True, [], ["x"], [{}], {}, {"type": 1}, "\ud800"])
def test_a_value_of_any_wrong_type_in_every_field_is_valid(value: Any) -> None:
    found = []
    for code in documented():
        fields = {name: value for name in example(code) if name != "type"}
        found += wrong({**fields, "type": code})
        found += wrong({**example(code), "actor": dict.fromkeys(actor(), value)})
    assert found == []


def test_every_variant_selected_by_a_value_is_valid() -> None:
    calls = [
        activity("compliance_api_accessed", request_method=verb, status_code=code, url="https://x/y?z")
        for verb in ("GET", "POST", "PUT", "PATCH", "DELETE", "BREW", 5)
        for code in (200, 404, 99, "200")
    ]
    toggles = [activity(code, enabled=on) for code in documented() if code.endswith("toggled") for on in (True, False)]
    keys = [
        activity(
            "platform_api_key_updated",
            api_key_id="k",
            updates=[{"type": "status", "previous_value": "active", "current_value": now}],
        )
        for now in ("inactive", "archived", "active", "new word")
    ]
    assert [fault for fields in calls + toggles + keys for fault in wrong(fields)] == []


def test_captions_are_those_of_the_schema() -> None:
    for uid, known in CLASSES.items():
        entry = classes()[uid]
        captions = {int(number): value["caption"] for number, value in _enum(entry, "activity_id").items()}
        assert (known.caption, known.category_uid, known.category) == (
            entry["caption"],
            entry["category_uid"],
            entry["category_name"],
        )
        assert known.activities == captions


def test_captions_of_numbers_are_those_of_the_schema() -> None:
    login, objects = classes()[3002], schema()["objects"]
    assert _captions(login, "severity_id") == SEVERITIES
    assert _captions(login, "status_id") == STATUSES
    assert {number: _captions(objects["user"], "type_id")[number] for number in USER_TYPES} == USER_TYPES
    assert _named(AUTH_PROTOCOLS) <= _captions(login, "auth_protocol_id").items()
    assert _named(ENTITY_TYPES) <= _captions(objects["managed_entity"], "type_id").items()
    assert _named(OBSERVABLES) <= _captions(objects["observable"], "type_id").items()


def _named(table: dict[str, int]) -> set[tuple[int, str]]:
    return {(number, caption) for caption, number in table.items()}


def _enum(shape: dict[str, Any], attribute: str) -> dict[str, Any]:
    enum: dict[str, Any] = shape["attributes"][attribute]["enum"]
    return enum


def _captions(shape: dict[str, Any], attribute: str) -> dict[int, str]:
    return {int(number): value["caption"] for number, value in _enum(shape, attribute).items()}
