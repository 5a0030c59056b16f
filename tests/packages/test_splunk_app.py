"""Names in the Splunk app resolve: indexed fields, macros, lookups, columns.

Searches have what Enterprise Security takes for a rule.
"""

import csv
import json
import re

import pytest

from forwarder import __version__
from forwarder.sinks.splunk_hec import INDEXED_FIELDS, SOURCETYPE
from tests.packages.conf_files import DEFAULT, read_conf
from tests.packages.spl_names import arguments, lookups_of, macros_of, output_columns, unknown_fields
from tests.spl import from_conf
from tests.spl.macros import expand
from tools.content.durations import minutes
from tools.content.folder import Content

SEARCHES = read_conf("savedsearches")
MACROS = from_conf(read_conf("macros"))


def test_fields_conf_names_exactly_the_fields_that_the_forwarder_sends() -> None:
    fields = read_conf("fields")
    assert list(fields) == [name for name, _ in INDEXED_FIELDS]
    assert all(keys["INDEXED"] == "true" for keys in fields.values())


def test_the_sourcetype_is_the_one_that_the_forwarder_sends() -> None:
    assert list(read_conf("props")) == [SOURCETYPE]
    assert all(f'sourcetype="{SOURCETYPE}"' in keys["search"] for keys in read_conf("eventtypes").values())


def test_the_version_is_the_forwarders() -> None:
    app = read_conf("app")
    manifest = json.loads((DEFAULT.parent / "app.manifest").read_text())
    assert {app["id"]["version"], app["launcher"]["version"], manifest["info"]["id"]["version"]} == {__version__}


@pytest.mark.parametrize("name", SEARCHES)
def test_every_macro_and_every_argument_of_a_search_is_defined(name: str) -> None:
    assert "`" not in expand(SEARCHES[name]["search"], MACROS)


def test_every_macro_is_used(content: Content) -> None:
    texts = [keys["search"] for keys in SEARCHES.values()] + [macro.definition for macro in MACROS.values()]
    used = {name for text in texts for name in macros_of(text)}
    base = {f"{name}({arguments(text)})" if arguments(text) else name for name, text in content.macros.items()}
    assert set(MACROS) - used - base == set()


def test_every_parameter_tunes_the_search_or_is_its_time_range(content: Content) -> None:
    for detection in content.detections:
        for name, parameter in detection.rule.parameters.items():
            if name == "lookback":
                assert parameter.default == detection.rule.schedule.lookback
            else:
                assert detection.parameter_macro(name) in MACROS, f"{detection.folder}: {name}"


def test_what_counts_as_fresh_is_what_came_in_since_the_last_run(content: Content) -> None:
    for detection in content.detections:
        rule = detection.rule
        since = minutes(rule.schedule.every) + minutes(rule.schedule.overlap)
        if detection.folder == "visibility/forwarder-silent":
            assert "fresh" not in rule.parameters, "silence has no time of collection"
        else:
            assert rule.parameters["fresh"].default == since * 60, detection.folder


@pytest.mark.parametrize("name", SEARCHES)
def test_every_lookup_of_a_search_has_a_file_with_the_columns_used(name: str) -> None:
    transforms = read_conf("transforms")
    for lookup, columns in lookups_of(expand(SEARCHES[name]["search"], MACROS)):
        path = DEFAULT.parent / "lookups" / transforms[lookup]["filename"]
        assert columns <= set(next(csv.reader(path.read_text().splitlines())))


@pytest.mark.parametrize("name", SEARCHES)
def test_every_field_of_a_search_comes_from_the_event_or_from_the_search(name: str) -> None:
    assert unknown_fields(expand(SEARCHES[name]["search"], MACROS)) == set()


def test_a_misspelt_field_macro_or_lookup_is_found() -> None:
    search = SEARCHES["Claude - API key used after it was revoked - Rule"]["search"]
    misspelt = expand(search.replace("activity_id=4", "activty_id=4"), MACROS)
    assert unknown_fields(misspelt) == {"activty_id"}
    assert unknown_fields("search a | eval b=a | stats sum(c) AS d by e") == {"a", "c", "e"}
    assert lookups_of("search a | lookup claude_nothing value AS key OUTPUT rule") == [
        ("claude_nothing", {"value", "rule"})
    ]


def test_a_rule_names_only_columns_of_its_result(content: Content) -> None:
    for detection in content.detections:
        rule = detection.rule
        named = {e.column for e in rule.entities} | set(rule.suppress.by) | set(rule.message_columns)
        assert named | {rule.risk_object} <= set(output_columns(detection.spl)), detection.folder


@pytest.mark.parametrize("name", SEARCHES)
def test_a_search_is_a_rule_of_enterprise_security_and_ships_switched_off(name: str) -> None:
    keys = SEARCHES[name]
    assert name.endswith(" - Rule")
    assert len(name) <= 83
    assert keys["action.correlationsearch.label"] == name
    assert keys["action.correlationsearch.detection_type"] == "ebd"
    assert (keys["disabled"], keys["enableSched"], keys["realtime_schedule"]) == ("1", "1", "0")
    risks = json.loads(keys["action.risk.param._risk"])
    assert 1 <= risks[0]["risk_score"] <= 100
    assert ("action.notable" in keys) == ("TTP" in json.loads(keys["action.correlationsearch.annotations"])["type"])


@pytest.mark.parametrize("name", SEARCHES)
def test_a_cron_schedule_is_whole(name: str) -> None:
    assert re.fullmatch(r"(\*/\d+|\d+) (\*|\*/\d+|\d+) \* \* \*", SEARCHES[name]["cron_schedule"])


def test_every_tag_belongs_to_an_event_type() -> None:
    assert {name.removeprefix("eventtype=") for name in read_conf("tags")} <= set(read_conf("eventtypes"))


CIM_FIELDS = {
    "Authentication": "action app dest src src_user user signature signature_id reason authentication_method",
    "Change": "action change_type command dest dvc object object_attrs object_category object_id src status user",
    "Data Access": "action app dest object object_category object_id src user vendor_account",
}
"""Splunk Common Information Model, fields that a data source should fill."""


@pytest.mark.parametrize("model", CIM_FIELDS)
def test_fields_of_the_common_information_model_are_set(model: str) -> None:
    keys = read_conf("props")[SOURCETYPE]
    assert [name for name in CIM_FIELDS[model].split() if f"EVAL-{name}" not in keys] == []
    assert keys["EVAL-vendor_product"] == '"Anthropic Claude"'


def test_calculated_fields_leave_another_add_ons_values_alone() -> None:
    keys = read_conf("props")[SOURCETYPE]
    made = {key.removeprefix("EVAL-"): text for key, text in keys.items() if key.startswith("EVAL-")}
    ours = {name for name, text in made.items() if not text.startswith(f"coalesce({name},")}
    assert ours == {"status", "vendor_product"}
