"""Names in the Splunk app resolve: indexed fields, macros, lookups, columns, roles, and both apps agree."""

import csv
import json
import re

import pytest

from forwarder import __version__
from forwarder.sinks.splunk.sink import INDEXED_FIELDS, SOURCETYPE
from tests.packages.conf_files import APPS, DEFAULT, read_conf, read_meta
from tests.packages.spl_names import (
    arguments,
    lookups_of,
    macros_of,
    output_columns,
    read_from_events,
    unknown_fields,
)
from tests.spl import from_conf
from tests.spl.macros import expand
from tools.content.durations import minutes
from tools.content.folder import Content

SEARCHES = read_conf("savedsearches")
MACROS = from_conf(read_conf("macros"))
INDEXER = APPS / "claude_siem_indexer" / "default"


def test_fields_conf_names_exactly_the_fields_that_the_forwarder_sends() -> None:
    fields = read_conf("fields")
    assert list(fields) == [name for name, _ in INDEXED_FIELDS]
    assert all(keys["INDEXED"] == "true" for keys in fields.values())


def test_the_sourcetype_is_the_one_that_the_forwarder_sends() -> None:
    assert list(read_conf("props")) == [SOURCETYPE, "source::claude:*"]
    assert all(f'sourcetype="{SOURCETYPE}"' in keys["search"] for keys in read_conf("eventtypes").values())


def test_the_version_is_the_forwarders() -> None:
    for default in (DEFAULT, INDEXER):
        app, manifest = read_conf("app", default), json.loads((default.parent / "app.manifest").read_text())
        assert {app["id"]["version"], app["launcher"]["version"], manifest["info"]["id"]["version"]} == {__version__}
        assert {app["id"]["name"], app["package"]["id"], manifest["info"]["id"]["name"]} == {default.parent.name}


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
            elif name == "fresh" and _knows_when_runs_were(detection.spl):
                assert str(parameter.default) == MACROS["claude_fresh"].definition
            else:
                assert detection.parameter_macro(name) in MACROS, f"{detection.folder}: {name}"


def _knows_when_runs_were(search: str) -> bool:
    """Whether a base macro of the search splits what arrived, for all hourly rules alike."""
    bases = [name for name, macro in MACROS.items() if "`claude_fresh`" in macro.definition]
    return any(f"`{name.partition('(')[0]}(" in search for name in bases)


def test_fresh_covers_the_time_since_the_last_run(content: Content) -> None:
    for detection in content.detections:
        rule = detection.rule
        since = minutes(rule.schedule.every) + minutes(rule.schedule.overlap)
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
    search = SEARCHES["Claude - API key used after revocation - Rule"]["search"]
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
def test_a_cron_schedule_is_whole(name: str) -> None:
    assert re.fullmatch(r"(\d+-59/\d+|\*/\d+|\d+) (\*|\*/\d+|\d+) \* \* \*", SEARCHES[name]["cron_schedule"])


def test_every_tag_belongs_to_an_event_type() -> None:
    assert {name.removeprefix("eventtype=") for name in read_conf("tags")} <= set(read_conf("eventtypes"))


@pytest.mark.parametrize("name", SEARCHES)
def test_no_search_reads_an_attribute_that_the_calculated_fields_replace(name: str) -> None:
    keys = read_conf("props")["source::claude:*"]
    calculated = {key.removeprefix("EVAL-") for key in keys if key.startswith("EVAL-")}
    assert {"status", "action"} <= calculated
    assert read_from_events(expand(SEARCHES[name]["search"], MACROS)) & calculated == set()


def indexes_of(stanza: dict[str, str]) -> set[str]:
    return set(stanza["srchIndexesAllowed"].split(";"))


def test_roles_give_indexes_and_no_capability_and_content_has_one_of_its_own() -> None:
    roles = read_conf("authorize")
    assert {key for keys in roles.values() for key in keys} == {"srchIndexesAllowed"}
    indexes = {name.rpartition("_")[2]: macro.definition for name, macro in MACROS.items() if "_index_" in name}
    content = {indexes.pop("content").removeprefix("index=")}
    assert indexes_of(roles["role_claude_content_reader"]) == content
    assert indexes_of(roles["role_claude_reader"]) == {text.removeprefix("index=") for text in indexes.values()}


def test_the_app_for_indexers_makes_the_indexes_that_the_macros_name() -> None:
    named = {macro.definition.removeprefix("index=") for name, macro in MACROS.items() if "_index_" in name}
    made = read_conf("indexes", INDEXER)
    assert set(made) == named
    for name, keys in made.items():
        places = {"homePath": "db", "coldPath": "colddb", "thawedPath": "thaweddb"}
        assert keys == {key: f"$SPLUNK_DB/{name}/{folder}" for key, folder in places.items()}


def test_the_app_for_indexers_knows_the_source_type_as_the_app_for_search_heads_does() -> None:
    of_search_heads = {"category", "description", "pulldown_type", "KV_MODE"}
    here = {key: value for key, value in read_conf("props")[SOURCETYPE].items() if key not in of_search_heads}
    assert read_conf("props", INDEXER) == {SOURCETYPE: here}
    assert here["TRUNCATE"] == "0"


def test_everyone_reads_and_administrators_write() -> None:
    meta = read_meta()
    assert {keys["access"] for keys in meta.values() if "access" in keys} == {
        "read : [ * ], write : [ admin, sc_admin ]"
    }
    assert {name: keys.get("export") for name, keys in meta.items()} == {
        "": "system",
        "lookups": "system",
        "views": "none",
        "nav": "none",
    }
