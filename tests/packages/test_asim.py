"""The ASIM parsers as executed over events of every kind: each event once, where it belongs, in the schema's words.

Executed by duckdb-kql, never in Sentinel; that Microsoft's binder accepts them is proven in `tests/kql`.
"""

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
import yaml

from forwarder.ocsf import normalize
from forwarder.records import Event, UsageRecord
from tests.ocsf import samples
from tests.ocsf.world import RECEIPT, activity, record
from tests.packages.asim import PARSERS, SCHEMAS, Rows, Tables, call, everything, schema_of, wanted
from tests.packages.solution import SENTINEL
from tools.content.asim_tables import load_schemas
from tools.content.rules import UnfitRule

EXAMPLES: dict[str, dict[str, Any]] = yaml.safe_load(Path(__file__).with_name("asim_examples.yaml").read_text())


@pytest.fixture(scope="module")
def all_events() -> Tables:
    return Tables(everything())


@pytest.fixture(scope="module")
def normalized(all_events: Tables) -> dict[str, Rows]:
    """Every row of each schema, by the filtering parser."""
    return {schema: all_events.ask(call(f"vim{schema}Claude")) for schema in SCHEMAS}


def test_every_schema_has_both_parsers_and_none_is_left_over() -> None:
    assert set(PARSERS) == {f"{kind}{schema}Claude" for schema in SCHEMAS for kind in ("ASim", "vim")}


def test_every_event_is_once_in_the_schema_of_its_class_and_in_no_other(normalized: dict[str, Rows]) -> None:
    belongs: dict[str, list[str]] = {schema: [] for schema in ("", *SCHEMAS)}
    for event in everything():
        belongs[schema_of(event)].append(event.key_fields.uid)
    assert min(map(len, belongs.values())) > 10
    for schema, rows in normalized.items():
        assert sorted(found["EventUid"] for found in rows) == sorted(belongs[schema]), schema


@pytest.mark.parametrize("schema", SCHEMAS)
def test_the_parser_without_parameters_returns_the_same_rows(
    all_events: Tables, normalized: dict[str, Rows], schema: str
) -> None:
    rows = all_events.ask(call(f"ASim{schema}Claude"))
    by_uid = {found["EventUid"]: found for found in normalized[schema]}
    assert len(rows) == len(by_uid)
    assert [found["EventUid"] for found in rows if found != by_uid[found["EventUid"]]] == []


@pytest.mark.parametrize("schema", SCHEMAS)
def test_no_mandatory_column_is_empty_and_enumerated_ones_hold_the_schemas_words(
    normalized: dict[str, Rows], schema: str
) -> None:
    expected, rows = wanted(schema), normalized[schema]
    assert {name for found in rows for name in expected.mandatory if found[name] in (None, "")} == set()
    for name, allowed in expected.values.items():
        assert {found[name] for found in rows if found.get(name)} <= set(allowed), name


def test_enumerated_values_of_a_schema_are_used_where_they_apply(normalized: dict[str, Rows]) -> None:
    used = {schema: Counter(found["EventType"] for found in rows) for schema, rows in normalized.items()}
    assert used["AuditEvent"].keys() == set(wanted("AuditEvent").values["EventType"]) - {"Clear", "Initialize"}
    assert used["AuditEvent"]["Other"] < used["AuditEvent"].total() * 0.1
    assert used["Authentication"].keys() == {"Logon", "Logoff", "Elevate"}
    assert used["FileEvent"].keys() == {"FileAccessed", "FileCopied", "FileCreated", "FileDeleted", "FileModified"}
    users = {"UserCreated", "UserDeleted", "UserEnabled", "UserModified", "UserRead"}
    groups = {"GroupCreated", "GroupDeleted", "GroupModified", "GroupRead", "UserAddedToGroup", "UserRemovedFromGroup"}
    assert used["UserManagement"].keys() == users | groups


def test_the_result_is_the_events_own_and_a_sent_code_is_not_a_sign_in(normalized: dict[str, Rows]) -> None:
    bodies = {event.key_fields.uid: json.loads(event.body) for event in everything()}
    seen = set()
    for rows in normalized.values():
        for found in rows:
            event = bodies[found["EventUid"]]
            status, sent = event["status_id"], event["activity_name"] == "Preauth"
            assert found["EventResult"] == {1: "NA" if sent else "Success", 2: "Failure"}.get(status, "NA"), event
            assert found["EventOriginalSeverity"] == event["severity"]
            seen.add((status, sent))
    assert {(1, False), (2, False), (99, False), (1, True)} <= seen


@pytest.mark.parametrize("sample", EXAMPLES)
def test_a_sample_has_the_expected_columns(normalized: dict[str, Rows], sample: str) -> None:
    rows, columns = normalized[EXAMPLES[sample]["schema"]], EXAMPLES[sample]["columns"]
    uid = samples.event_of(samples.ROOT / f"{sample}.input.json").key_fields.uid
    (found,) = (found for found in rows if found["EventUid"] == uid)
    objects = {name for name, value in columns.items() if isinstance(value, dict)}
    assert {name: json.loads(found[name]) if name in objects else found[name] for name in columns} == columns


def test_duplicate_and_restated_events_are_returned_once_in_their_newest_revision() -> None:
    read = record(activity("sso_login_succeeded"))
    sent, again = normalize(read, RECEIPT), normalize(read, RECEIPT._replace(logged_ms=RECEIPT.logged_ms + 1))
    tables = Tables([_stated(900, 1), _stated(500, 0), sent, sent, again])
    (figure,) = tables.ask(call("vimAgentEventClaude"))
    assert figure["OutputTokensUsed"] == 900
    assert tables.uids("vimAuthenticationClaude") == [sent.key_fields.uid]


def _stated(tokens: int, later_ms: int) -> Event:
    start_ms, end_ms = 1_780_995_600_000, 1_780_999_200_000
    row = {"api_key_id": "apikey_01", "model": "claude-opus-4-6", "output_tokens": tokens}
    return normalize(UsageRecord("usage", start_ms, end_ms, row, end_ms + later_ms), RECEIPT)


@pytest.mark.parametrize("schema", SCHEMAS)
def test_the_files_have_the_form_of_the_azure_sentinel_repository(schema: str) -> None:
    expected = wanted(schema)
    switches = [("disabled", "bool", "false"), ("pack", "bool", "false")]
    times = [(name, "datetime", "datetime(null)") for name in ("starttime", "endtime")]
    own = [
        (name, "string", "'*'") if name == "eventresult" else (name, "dynamic", "dynamic([])")
        for name in expected.parameters
    ]
    for kind, built_in, parameters in (("ASim", "_ASim", switches), ("vim", "_Im", [*times, *own, *switches])):
        parser = PARSERS[f"{kind}{schema}Claude"]
        form = "Parser Product Normalization References Description ParserName EquivalentBuiltInParser"
        assert list(parser) == [*form.split(), "ParserParams", "ParserQuery"]
        assert parser["Normalization"] == {"Schema": schema, "Version": expected.version}
        assert (parser["ParserName"], parser["Product"]) == (f"{kind}{schema}Claude", {"Name": "Claude"})
        assert parser["EquivalentBuiltInParser"] == f"{built_in}_{schema}_Claude"
        assert [tuple(parameter.values()) for parameter in parser["ParserParams"]] == parameters


WRONG: dict[str, tuple[str, str]] = {
    "a group that nobody has": ("groups: [event", "groups: [evvent"),
    "a parameter about no column": ("[SrcFilePath]", "[SrcFilePad]"),
    "a parameter about a column that the tables have too": ("[SrcFilePath]", "[TimeGenerated]"),
    "a comparison that nobody knows": ("{in: ", "{like: "),
    "a type that KQL has not": ("{string: \"'URL'\"}", "{text: \"'URL'\"}"),
    "a key that nobody reads": ("holds: ", "holts: "),
}


@pytest.mark.parametrize("error", WRONG)
def test_an_invalid_schema_is_rejected(tmp_path: Path, error: str) -> None:
    right, wrong = WRONG[error]
    for path in (SENTINEL / "asim").glob("*.yaml"):
        (tmp_path / path.name).write_text(path.read_text())
    table = tmp_path / "FileEvent.yaml"
    assert right in table.read_text()
    table.write_text(table.read_text().replace(right, wrong))
    with pytest.raises(UnfitRule, match=r"FileEvent\.yaml"):
        load_schemas(tmp_path)
