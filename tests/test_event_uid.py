"""`metadata.uid` is a version 5 UUID, and the fast implementation gives the same as the standard library."""

import uuid

from hypothesis import given
from hypothesis import strategies as st

from forwarder.records import NAMESPACE, event_uid, namespace

WHOLE_TEXT = st.text(st.characters(exclude_categories=["Cs"]))


@given(st.sampled_from(["activity", "usage", "inventory", "ü"]), WHOLE_TEXT)
def test_the_uid_is_the_version_5_uuid_of_the_source_id(kind: str, name: str) -> None:
    assert namespace(kind) == uuid.uuid5(NAMESPACE, kind).bytes
    assert event_uid(namespace(kind), name) == str(uuid.uuid5(uuid.UUID(bytes=namespace(kind)), name))


@given(st.text())
def test_any_text_has_a_uid_even_with_lone_surrogates(name: str) -> None:
    made = uuid.UUID(event_uid(namespace("activity"), name))
    assert (made.version, made.variant) == (5, uuid.RFC_4122)


def test_the_uid_of_a_known_activity_never_changes() -> None:
    """Readers join on it across releases: a change here duplicates every event of every customer."""
    space = namespace("activity")
    assert event_uid(space, "activity_01XyDMpzjS89pFZXqSFUBDr6") == "59260154-ad31-5007-afd4-3edc10286066"
