"""The filtering parameters of the ASIM parsers, executed: each keeps exactly what it names, and does so first."""

import json
from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from forwarder.sinks.sentinel.rows import timestamp
from tests.ocsf import samples
from tests.packages.asim import PARSERS, SCHEMAS, Rows, Tables, call, has, sampled, wanted

GIVEN: dict[str, list[str]] = {
    "AuditEvent.eventtype_in": ["install", "Disable"],
    "Authentication.eventtype_in": ["logoff"],
    "UserManagement.eventtype_in": ["usermodified", "GroupModified"],
    "FileEvent.eventtype_in": ["filecreated"],
    "srcipaddr_has_any_prefix": ["10.", "172.16.", "198.51.100.", "2001:db8:0:1:", "192.0.2.34"],
    "actorusername_has_any": ["hopper", "scim directory", "apikey_01Rj2N8SVvo6BePZj99NhmiT"],
    "Authentication.username_has_any": ["lovelace", "user_01AdaLovelace"],
    "AgentEvent.username_has_any": ["jane", "apikey_01Rj2N8SVvo6BePZj99NhmiT"],
    "targetusername_has_any": ["jane", "new.hire"],
    "operation_has_any": ["key", "chat_created"],
    "object_has_any": ["pipeline", "compliance"],
    "newvalue_has_any": ["inactive"],
    "targetappname_has_any": ["code"],
    "eventresultdetails_in": ["session expired"],
    "eventresult": ["failure"],
    "targetfilepath_has_any": ["file_01Fgh789", "customers"],
    "srcfilepath_has_any": ["xlsx"],
    "agentid_has_any": ["office"],
    "agentname_has_any": ["office", "api"],
    "srchostname_has_any": ["host"],
    "dvchostname_has_any": ["host"],
    "hashes_has_any": ["e81bb824c4a09a811af17deae22f22dd2e1ec8cbb00b22629d2899f7c68da274"],
}
"""What is asked for, by the parameter's name, or by schema and name."""
FITS: dict[str, Callable[[str, str], bool]] = {
    "_prefix": lambda value, prefix: value.startswith(prefix),
    "_any": has,
    "_in": lambda value, word: value.lower() == word.lower(),
    "result": lambda value, word: value.lower() == word.lower(),
}
"""What a parameter means, by the end of its name."""
NEVER_REPORTED = {"srchostname_has_any", "dvchostname_has_any", "hashes_has_any"}
"""Parameters for values that Claude never reports; they match nothing."""
LATE = {
    schema: samples.event_of(samples.ROOT / f"{sample}.input.json")
    for schema, sample in {
        "AuditEvent": "chats/created",
        "Authentication": "sign-in/sso-succeeded",
        "UserManagement": "groups/members-added",
        "FileEvent": "files/uploaded",
        "AgentEvent": "claude-code-telemetry/model-asked",
    }.items()
}
PARAMETERS = [(schema, name) for schema in SCHEMAS for name in wanted(schema).parameters]


@pytest.fixture(scope="module")
def few() -> Tables:
    return Tables(sampled())


@pytest.fixture(scope="module")
def unfiltered(few: Tables) -> dict[str, Rows]:
    return {schema: few.ask(call(f"vim{schema}Claude")) for schema in SCHEMAS}


@pytest.mark.parametrize(("schema", "name"), PARAMETERS)
def test_a_parameter_keeps_exactly_what_it_names(
    few: Tables, unfiltered: dict[str, Rows], schema: str, name: str
) -> None:
    given = GIVEN.get(f"{schema}.{name}") or GIVEN[name]
    fits = next(fits for ending, fits in FITS.items() if name.endswith(ending))
    kept = {
        found["EventUid"]
        for found in unfiltered[schema]
        for column in wanted(schema).parameters[name]
        if any(fits(found[column] or "", one) for one in given)
    }
    literal = f"'{given[0]}'" if name == "eventresult" else f"dynamic({json.dumps(given)})"
    assert few.uids(f"vim{schema}Claude", **{name: literal}) == sorted(kept)
    assert len(kept) < len(unfiltered[schema])
    assert bool(kept) != (name in NEVER_REPORTED)


@pytest.mark.parametrize("schema", SCHEMAS)
def test_times_are_those_of_the_events_and_both_ends_are_within(
    few: Tables, unfiltered: dict[str, Rows], schema: str
) -> None:
    rows = unfiltered[schema]
    times = sorted({found["TimeGenerated"] for found in rows})
    first, last = times[1], times[-2]
    since = [found["EventUid"] for found in rows if found["TimeGenerated"] >= first]
    until = [found["EventUid"] for found in rows if found["TimeGenerated"] <= last]
    for name, time, kept in (("starttime", first, since), ("endtime", last, until)):
        literal = f"datetime({time.isoformat()})"
        assert few.uids(f"vim{schema}Claude", **{name: literal}) == sorted(kept)
        assert len(kept) < len(rows)


@pytest.mark.parametrize("schema", SCHEMAS)
def test_a_disabled_parser_returns_nothing_and_pack_adds_unmapped_fields(
    few: Tables, unfiltered: dict[str, Rows], schema: str
) -> None:
    assert {found["AdditionalFields"] for found in unfiltered[schema]} == {"{}"}
    for kind in ("ASim", "vim"):
        parser = f"{kind}{schema}Claude"
        assert few.uids(parser, disabled="true") == []
        packed = few.ask(f"{call(parser, pack='true')} | project AdditionalFields")
        fields = [json.loads(found["AdditionalFields"]) for found in packed]
        assert len(fields) == len(unfiltered[schema])
        assert all({"labels", "organization_uuid", "unmapped"} <= field.keys() for field in fields)
        assert any(field["unmapped"] for field in fields)


@pytest.fixture(scope="module")
def arrived_late() -> Tables:
    """A sample of each schema that came twenty days late, with the time that Azure then gives it."""
    late = timestamp(LATE[SCHEMAS[0]].key_fields.time_ms + 20 * 86_400_000)
    return Tables(LATE.values(), TimeGenerated=late)


@pytest.mark.parametrize("schema", SCHEMAS)
def test_an_event_with_a_rewritten_timegenerated_is_found_at_its_own_time(arrived_late: Tables, schema: str) -> None:
    parser, time_ms = f"vim{schema}Claude", LATE[schema].key_fields.time_ms
    before, after = (f"datetime({timestamp(time_ms + hours * 3_600_000)})" for hours in (-1, 1))
    (found,) = arrived_late.ask(call(parser, starttime=before, endtime=after))
    assert found["TimeGenerated"] == datetime.fromtimestamp(time_ms / 1000, UTC).replace(tzinfo=None)
    assert arrived_late.uids(parser, starttime=after) == []


@pytest.mark.parametrize("schema", SCHEMAS)
def test_rows_are_filtered_before_each_is_taken_once_and_columns_are_made(schema: str) -> None:
    lines = PARSERS[f"vim{schema}Claude"]["ParserQuery"].splitlines()
    first, last = (number for number, line in enumerate(lines) if line.startswith("| summarize "))
    for name in ["starttime", "endtime", "disabled", *wanted(schema).parameters]:
        named = [number for number, line in enumerate(lines) if name in line]
        assert named, name
        assert max(named) < first, name
    assert [line for line in lines if line.startswith("| project")] == lines[last + 1 : last + 2]
