"""The calculated fields of props.conf, computed over every sample event, give what the Common Information Model wants.

Executed by our interpreter of SPL. In Splunk all of them are computed from the event, none from another; so each is
computed alone.
"""

import json
from pathlib import Path
from typing import Any

import pytest

from forwarder.ocsf.listing import mappings
from forwarder.sinks.splunk_hec import SOURCETYPE
from tests.packages.conf_files import read_conf
from tests.spl import Splunk, ocsf_envelope

SAMPLES = sorted((Path(__file__).parent.parent.parent / "samples").glob("*/*.ocsf.json"))
CALCULATED = {
    key.removeprefix("EVAL-"): text for key, text in read_conf("props")[SOURCETYPE].items() if key.startswith("EVAL-")
}
MODELS: dict[str, tuple[set[int], str, set[str]]] = {
    "Authentication": ({3002}, "app dest src user", {"success", "failure", "pending"}),
    "Change": (
        {3001, 3004, 3005, 3006},
        "change_type command dest object object_category object_id result status user",
        {"created", "deleted", "modified", "read", "lockout", "unlocked"},
    ),
    "Data Access": (
        {6001, 6006},
        "app dest object object_category object_id user vendor_account",
        {"created", "read", "modified", "deleted", "shared", "uploaded", "downloaded", "copied", "reported"},
    ),
}
"""Model, OCSF classes, fields that must have a value, values of action."""


def calculated(event: dict[str, Any]) -> dict[str, Any]:
    """Every calculated field of the event."""
    splunk = Splunk([ocsf_envelope(event)], now=event["time"] / 1000 + 60, default_indexes=("claude",))
    found = {
        name: splunk.search(f"index=claude | eval result={text} | table result") for name, text in CALCULATED.items()
    }
    return {name: rows[0].get("result") for name, rows in found.items()}


def of(classes: set[int]) -> list[tuple[str, dict[str, Any]]]:
    events = [(f"{path.parent.name}/{path.name}", json.loads(path.read_text())) for path in SAMPLES]
    return [
        (name, event) for name, event in events if event["class_uid"] in classes and event["activity_name"] != "Logoff"
    ]


@pytest.mark.parametrize("model", MODELS)
def test_every_sample_event_fills_its_model(model: str) -> None:
    classes, wanted, actions = MODELS[model]
    events = of(classes)
    assert events
    for name, event in events:
        values = calculated(event)
        assert [field for field in wanted.split() if not values[field]] == [], name
        assert values["action"] in actions, name
        assert values["vendor_product"] == "Anthropic Claude"


def test_a_change_to_an_account_names_the_account_as_user_and_the_actor_as_source() -> None:
    named = [event for _, event in of({3005}) if event["user"].get("email_addr")]
    assert len(named) >= 2
    for event in named:
        values, actor = calculated(event), event["actor"]["user"]
        assert values["user"] == event["user"]["email_addr"]
        assert values["src_user"] == (actor.get("name") or actor["uid"])


def test_every_activity_on_data_in_the_table_has_a_word_of_the_model() -> None:
    _, _, words = MODELS["Data Access"]
    event = of({6001})[0][1]
    names = {mapping.activity for mapping in mappings() if mapping.class_uid in {6001, 6006}}
    assert len(names) > 10
    assert {calculated(event | {"activity_name": name})["action"] for name in names} == words


def test_the_add_ons_value_stays() -> None:
    event = of({3004})[0][1] | {"action": "theirs", "src": "192.0.2.9"}
    assert (calculated(event)["action"], calculated(event)["src"]) == ("theirs", "192.0.2.9")
