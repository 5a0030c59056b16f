"""Total, lossless, deterministic, valid: for any JSON object, not only documented ones."""

import json
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from forwarder.ocsf import normalize
from forwarder.ocsf.core.values import is_email, is_ip
from tests.ocsf.lossless import lost
from tests.ocsf.second_opinion import objections
from tests.ocsf.validator import faults, patterns
from tests.ocsf.world import ACTORS, RECEIPT, actor, body, documented, example, record

TEXT = st.text(alphabet=st.characters(exclude_categories=()), max_size=12)
SCALARS = st.none() | st.booleans() | st.integers() | st.integers(2**62, 2**70) | st.floats() | TEXT
JSON = st.recursive(SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3))
CODES = st.sampled_from(sorted(documented()))


@st.composite
def rows(draw: st.DrawFn) -> dict[str, Any]:
    """A row of a known or unknown type with any value in any field."""
    code = draw(CODES | TEXT)
    fields = example(code) if code in documented() else {}
    if draw(st.booleans()):
        fields["actor"] = {**actor(draw(st.sampled_from(sorted(ACTORS)))), **draw(st.dictionaries(TEXT, JSON))}
    for name in draw(st.lists(st.sampled_from([*fields, "actor", "created_at", "organization_uuid"]), max_size=4)):
        fields[name] = draw(JSON)
    return {**draw(st.dictionaries(TEXT, JSON, max_size=3)), **fields, "id": draw(TEXT), "type": code}


@given(rows())
@settings(max_examples=400, deadline=None)
def test_any_row_gives_a_valid_lossless_event(fields: dict[str, Any]) -> None:
    before = json.dumps(fields)
    event = normalize(record(fields), RECEIPT)
    parsed = body(event)
    assert faults(parsed) == []
    assert objections(parsed) == []
    assert lost(fields, parsed) == []
    assert normalize(record(json.loads(before)), RECEIPT) == event
    assert json.dumps(fields) == before
    assert b"\n" not in event.body


def test_no_documented_field_of_any_type_is_lost() -> None:
    found = {code: lost(example(code), body(normalize(record(example(code)), RECEIPT))) for code in documented()}
    assert {code: values for code, values in found.items() if values} == {}


@given(st.ip_addresses().map(str) | st.ip_addresses(v=4).map(lambda ip: f"::ffff:{ip}") | TEXT)
def test_accepted_addresses_match_ocsf(value: str) -> None:
    assert not is_ip(value) or patterns()["ip_t"].search(value)


@given(st.emails() | TEXT)
def test_accepted_e_mail_addresses_match_ocsf(value: str) -> None:
    assert not is_email(value) or patterns()["email_t"].search(value)


def test_a_row_nested_too_deep_for_a_writer_is_kept() -> None:
    nested: Any = "the core"
    for _ in range(900):
        nested = [nested, {"x": nested}] if nested == "the core" else [nested]
    event = normalize(record({"id": "a", "type": "claude_chat_created", "updates": nested, "deep": nested}), RECEIPT)
    assert event.body.count(b"the core") == 4
    assert faults(body(event)) == []
