"""The catalogue covers what is documented, and refuses an entry it does not understand."""

import re
from typing import Any

import pytest

from forwarder.ocsf.catalogue import compile_plan, entries, plans
from forwarder.ocsf.listing import mappings
from tests.ocsf.world import documented


def _names(paths: dict[str, Any] | None) -> set[str]:
    return {re.split(r"[.\[{]", path)[0] for path in paths or {}}


def test_every_documented_type_is_in_the_catalogue() -> None:
    assert documented().keys() - plans().keys() == set()


def test_every_documented_field_is_known_to_its_type() -> None:
    unknown = {code: _names(entry["fields"]) - plans()[code].known for code, entry in documented().items()}
    assert {code: names for code, names in unknown.items() if names} == {}


def test_no_entry_names_a_field_that_its_documented_type_does_not_have() -> None:
    wrong = {}
    for code, entry in entries().items():
        fields = _names(documented().get(code, {}).get("fields")) | {"updates", "api_key_id"}
        if fields and (extra := _mentioned(entry) - fields):
            wrong[code] = extra
    assert wrong == {}


def _mentioned(entry: dict[str, Any]) -> set[str]:
    """The fields that an entry itself names, beside its family's choices of uid and name."""
    paths = [*entry.get("fields", ()), *entry.get("data", ()), *entry.get("enums", ())]
    paths += [path for path in entry.get("by", ()) if not path.startswith("updates.")]
    paths += [path for pair in entry.get("change", {}).values() for path in pair if path]
    return {re.split(r"[.\[]", path)[0] for path in paths}


@pytest.mark.parametrize("mistake", [{"sevrity": "Low"}, {"severity": "Lowish"}, {"class": "entities"}])
def test_an_entry_the_table_does_not_understand_is_refused_by_name(mistake: dict[str, str]) -> None:
    entry = {"class": "entity", "activity": "Create", "object": "Role", **mistake}
    with pytest.raises(ValueError, match=r"role_created: unknown (key|severity|class) .*(sevrity|Lowish|entities)"):
        compile_plan("role_created", entry)


def test_an_entry_without_an_activity_is_refused() -> None:
    with pytest.raises(ValueError, match=r"role_created: \['activity'\] missing"):
        compile_plan("role_created", {"class": "entity"})


def test_adding_a_line_is_enough_to_map_a_type() -> None:
    plan = compile_plan(
        "robot_retired", {"class": "entity", "activity": "Retire", "object": "Robot", "uid": "robot_id"}
    )
    assert (plan.class_uid, plan.activity_id, plan.known) == (3004, 99, frozenset({"robot_id", "organization_id"}))
    assert b'"type_name":"Entity Management: Retire"' in plan.opening


def test_the_listing_shows_every_type_with_the_captions_of_its_events() -> None:
    listed = {row.code: row for row in mappings()}
    assert list(listed) == sorted(plans())
    row = listed["platform_api_key_updated"]
    assert (row.class_name, row.activity, row.object) == ("Entity Management", "Update", "API Key")
    assert row.chosen_by == "updates.status"
