"""The catalogue covers every documented type and refuses invalid entries."""

import configparser
import re
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from forwarder.ocsf.core.severity import severity
from forwarder.ocsf.feed.catalogue import compile_plan, entries, plans
from forwarder.ocsf.feed.data_models import MODELS
from forwarder.ocsf.feed.listing import mappings
from tests.ocsf.world import documented


def _names(paths: dict[str, Any] | None) -> set[str]:
    return {re.split(r"[.\[{]", path)[0] for path in paths or {}}


def test_every_documented_type_is_in_the_catalogue() -> None:
    assert documented().keys() - plans().keys() == set()


def test_every_documented_field_is_known_to_its_type() -> None:
    unknown = {code: _names(entry["fields"]) - plans()[code].known for code, entry in documented().items()}
    assert {code: names for code, names in unknown.items() if names} == {}


def test_no_entry_names_an_undocumented_field() -> None:
    wrong = {}
    for code, entry in entries().items():
        fields = _names(documented().get(code, {}).get("fields")) | {"updates", "api_key_id"}
        if fields and (extra := _mentioned(entry) - fields):
            wrong[code] = extra
    assert wrong == {}


def _mentioned(entry: dict[str, Any]) -> set[str]:
    """The fields that an entry itself names, beside its family's choices of uid and name."""
    paths = [path for key in ("fields", "data", "enums", "inner") for path in entry.get(key, ())]
    paths += [path for path in entry.get("by", ()) if not path.startswith("updates.")]
    paths += [path for pair in entry.get("change", {}).values() for path in pair if path]
    return {re.split(r"[.\[]", path)[0] for path in paths}


@pytest.mark.parametrize("mistake", [{"rsik": "data leaves"}, {"risk": "data waves"}, {"class": "entities"}])
def test_an_invalid_entry_is_refused_by_name(mistake: dict[str, str]) -> None:
    entry = {"class": "entity", "activity": "Create", "object": "Role", **mistake}
    with pytest.raises(ValueError, match=r"role_created: unknown (key|risk|class) .*(rsik|data waves|entities)"):
        compile_plan("role_created", entry)


def test_an_entry_without_an_activity_is_refused() -> None:
    with pytest.raises(ValueError, match=r"role_created: \['activity'\] missing"):
        compile_plan("role_created", {"class": "entity"})


def test_one_line_is_enough_to_map_a_type() -> None:
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
    assert (row.chosen_by, row.theme, row.severity) == ("updates.status", "api-keys", "Informational")
    assert (row.cim, row.asim, row.stream) == ("change", "AuditEvent", "activity")


def test_every_type_has_a_meaning_of_its_own() -> None:
    meanings = [row.means for row in mappings()]
    assert [text for text in meanings if len(text.split()) < 3 or not text[0].isupper() or text.endswith(".")] == []
    assert [text for text, count in Counter(meanings).items() if count > 1] == []


def test_severity_follows_from_the_named_risk_alone() -> None:
    raised = {row.code: row.severity for row in mappings() if row.severity != "Informational"}
    assert raised == {row.code: severity(row.risk) for row in mappings() if row.risk}
    assert raised.keys() > {
        "sso_login_failed",
        "api_key_created",
        "org_data_export_started",
        "primary_owner_transferred",
    }


def test_enabling_a_control_is_less_severe_than_disabling_it() -> None:
    for plan in plans().values():
        for choice in plan.choices:
            on, off = choice.plans.get(True), choice.plans.get(False)
            if on and off and off.risk == "control weakened":
                assert on.severity_id < off.severity_id, plan.code


def test_the_data_models_match_the_tags_of_the_splunk_app() -> None:
    conf = _conf("tags")
    tags = {section.removeprefix("eventtype="): set(conf[section]) for section in conf.sections()}
    types = _conf("eventtypes")
    searches = {name: types[name]["search"] for name in types.sections()}
    for uid, models in MODELS.items():
        tagged = {
            tag for name, search in searches.items() if f"claude_class={uid}" in search for tag in tags.get(name, ())
        }
        assert tagged == set(models.tags), uid


def _conf(name: str) -> configparser.RawConfigParser:
    parsed = configparser.RawConfigParser()
    parsed.read(Path(__file__).parents[2] / "splunk_app" / "claude_siem" / "default" / f"{name}.conf")
    return parsed


def test_a_type_in_two_themes_is_refused_by_name(tmp_path: Path) -> None:
    for theme in ("one", "two"):
        entry = "about: x\nclass: entity\ntypes:\n  robot_built: {activity: Create}\n"
        (tmp_path / f"{theme}.yaml").write_text(entry)
    with pytest.raises(ValueError, match=r"robot_built: in two\.yaml and in one\.yaml"):
        entries(tmp_path)
