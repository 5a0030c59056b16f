"""The knowledge objects of the Splunk app, run over real events of every class, fill the Common Information Model.

The model is Splunk's own definition (`cim`), the events are the samples and every activity type by several actors.
"""

import json
from collections.abc import Iterable, Iterator
from functools import cache
from typing import Any

import pytest

from forwarder.ocsf import normalize
from forwarder.ocsf.core.captions import CLASSES
from forwarder.ocsf.feed.listing import mappings
from forwarder.records import Event
from forwarder.simulator import scenario
from forwarder.sinks.base import chunk_events
from forwarder.sinks.splunk.sink import SOURCETYPE, envelopes
from forwarder.sources.activities import admit
from forwarder.store import Packed, pack
from tests.ocsf import samples
from tests.ocsf.world import RECEIPT, activity, actor, example, record
from tests.packages import cim
from tests.packages.conf_files import read_conf
from tests.packages.knowledge import KnowledgeObjects, Known, condition
from tests.spl.events import flatten

PROPS = read_conf("props")
SOURCE = "claude:activities"
IN_NO_MODEL = {5003, 5023, 6002, 6003}
"""Inventories, forwarder health, calls, agents and usage records: no data model covers them."""
NOT_REPORTED = {"object_size"}
"""Required by Data Access, but Anthropic never reports the size of accessed objects."""


def sent(events: Iterable[Event]) -> list[dict[str, Any]]:
    """The envelopes that HEC is sent."""
    chunks = (chunk for event in events for chunk in pack("activities", [Packed(event, 0, 0)]))
    return [
        json.loads(line)
        for chunk in chunks
        for line in envelopes(chunk_events(chunk), chunk.source, "forwarder", "claude")
    ]


def known(*events: Event, props: dict[str, dict[str, str]] = PROPS) -> list[Known]:
    return KnowledgeObjects(props, read_conf("eventtypes"), read_conf("tags")).applied_to(sent(events))


def of_type(code: str, kind: str = "user_actor", **fields: Any) -> Event:
    return normalize(record({**activity(code, **fields), "actor": actor(kind)}), RECEIPT)


def real_events() -> Iterator[Event]:
    yield from map(samples.event_of, samples.inputs())
    for issue in scenario("all-types", now=samples.NOW):
        assert isinstance(issue.activity, dict)
        yield normalize(admit(issue.activity).record, RECEIPT)


@cache
def everything() -> tuple[Known, ...]:
    return tuple(known(*real_events()))


def members(data_set: cim.DataSet) -> list[Known]:
    """The events of a data set, by its tags and constraints."""
    tagged = [event for event in everything() if data_set.tags <= event.tags]
    return [event for event in tagged if all(condition(text)(event.fields) for text in data_set.constraints)]


def faults(event: Known, data_set: cim.DataSet) -> Iterator[str]:
    for field in data_set.fields:
        value = event.fields.get(field.name)
        needed = field.type == "required" or (field.type == "conditional" and condition(field.condition)(event.fields))
        if needed and value in (None, "") and field.name not in NOT_REPORTED:
            yield f"{field.name} is missing"
        if (value is not None and field.values and value not in field.values) or '"' in str(value):
            yield f"{field.name} is {value!r}"


@pytest.mark.parametrize("model", ["Authentication", "Change", "Data_Access"])
def test_every_event_of_a_model_has_its_required_fields_and_expected_values(model: str) -> None:
    root, *children = cim.data_sets(model)
    events = members(root)
    assert len(events) >= 100
    assert len(events) == sum(root.tags <= event.tags for event in everything()), "tagged, but left out by the model"
    found = {
        (data_set.name, event.fields["metadata.event_code"], fault)
        for data_set in (root, *children)
        for event in members(data_set)
        for fault in faults(event, data_set)
    }
    assert found == set()


def test_every_class_is_in_a_model_or_listed_as_in_none() -> None:
    classes = {int(str(event.fields["class_uid"])): event.tags for event in everything() if event.tags}
    assert set(CLASSES) == set(classes) | IN_NO_MODEL
    assert not set(classes) & IN_NO_MODEL


def test_the_data_sets_of_a_model_match_their_names() -> None:
    found = {
        data_set.name: members(data_set) for model in ("Authentication", "Change") for data_set in cim.data_sets(model)
    }
    codes = {name: {event.fields["metadata.event_code"] for event in events} for name, events in found.items()}
    assert codes["Auditing_Changes"] == {"org_compliance_api_settings_updated", "org_cowork_otlp_settings_updated"}
    assert {"scim_user_created", "user.created"} <= codes["Accounts_Created"]
    assert {"org_user_deleted", "user.removed"} & codes["Accounts_Deleted"]
    assert "rbac_role_assigned" in codes["Accounts_Updated"]
    assert "sso_login_failed" in codes["Failed_Authentication"]
    assert "sso_login_succeeded" in codes["Successful_Authentication"] - codes["Failed_Authentication"]


def test_the_tags_of_every_activity_type_are_those_that_the_catalogue_states() -> None:
    rows = list(mappings())
    records = [example(row.code) for row in rows]
    one_member = [{**fields, "member_ids": ["user_02"]} if "member_ids" in fields else fields for fields in records]
    events = [normalize(record(fields), RECEIPT) for fields in one_member]
    by_code = {event.fields["metadata.event_code"]: event for event in known(*events)}
    wrong = {
        row.code: (row.cim, sorted(by_code[row.code].tags))
        for row in rows
        if by_code[row.code].fields["activity_name"] == row.activity and set(row.cim.split()) != by_code[row.code].tags
    }
    assert wrong == {}


def test_the_changed_account_is_the_user_and_the_actor_the_source_user() -> None:
    fields = {"user_id": "user_02", "user_email": "bob@example.com"}
    changed, configured = known(of_type("org_user_deleted", **fields), of_type("org_sso_toggled", enabled=False))
    assert (changed.fields["user"], changed.fields["src_user"]) == ("bob@example.com", "ada@example.com")
    assert (changed.fields["user_id"], changed.fields["src_user_id"]) == ("user_02", "user_01Ada")
    assert (configured.fields["user"], configured.fields["src_user"]) == ("ada@example.com", None)


def test_a_sign_in_succeeds_only_when_it_is_complete() -> None:
    through = {"sso_login_succeeded": "success", "step_up_authentication_succeeded": "success"}
    begun = ("sso_login_initiated", "anonymous_mobile_login_attempted", "phone_code_sent", "phone_code_verified")
    expected = {**through, "sso_login_failed": "failure", **dict.fromkeys(begun, "pending")}
    found = {event.fields["metadata.event_code"]: event.fields["action"] for event in known(*map(of_type, expected))}
    assert found == expected


def test_several_members_of_a_group_are_a_change_of_the_group() -> None:
    added = (of_type("group_member_added", group_id="g_01", member_ids=ids) for ids in (["u1"], ["u1", "u2"]))
    one, two = known(*added)
    assert (one.fields["object"], one.fields["object_category"]) == ("u1", "user")
    assert (two.fields["object_id"], two.fields["object_category"]) == ("g_01", "Group")
    assert [set(one.tags), set(two.tags)] == [{"change", "account"}, {"change"}]


def test_an_invitation_is_not_an_account() -> None:
    invited, accepted = known(of_type("org_user_invite_sent"), of_type("org_user_invite_accepted"))
    assert (invited.fields["action"], accepted.fields["action"]) == ("modified", "created")


def test_accounts_are_users_and_nothing_else_that_changes_is() -> None:
    changes = [event for event in everything() if "change" in event.tags]
    wrong = {
        (event.fields["metadata.event_code"], event.fields["object_category"])
        for event in changes
        if ("account" in event.tags) != (event.fields["object_category"] == "user")
    }
    assert wrong == set()


def test_every_event_is_within_what_splunk_extracts_by_itself() -> None:
    """limits.conf.spec: `[spath] extraction_cutoff` 5,000 bytes, `[kv] limit` 100 fields; an app may not raise them."""
    extracted = [flatten(json.loads(str(event.fields["_raw"]))) for event in everything()]
    assert max(len(str(event.fields["_raw"]).encode()) for event in everything()) < 5_000
    assert max(len(fields) for fields in extracted) <= 100


def test_files_are_in_data_access_and_never_in_change() -> None:
    files = [event for event in everything() if event.fields["object_category"] == "file"]
    assert len(files) > 100
    assert {event.tags for event in files} == {frozenset({"data", "access"})}


@pytest.mark.parametrize("export", ["org_data_export", "audit_log_export"])
def test_an_export_is_downloaded_when_it_is_fetched_and_not_when_it_starts(export: str) -> None:
    started, fetched = known(of_type(f"{export}_started"), of_type(f"{export}_accessed"))
    assert (started.fields["action"], fetched.fields["action"]) == ("created", "downloaded")


def test_a_data_export_that_is_ready_has_not_been_downloaded() -> None:
    (ready,) = known(of_type("org_data_export_completed"))
    assert ready.fields["action"] == "created"


def test_only_the_status_of_changes_differs_from_the_original_value() -> None:
    (event,) = known(of_type("inference_hooks_request_denied"))
    assert (event.fields["status"], event.fields["ocsf_status"]) == ("failure", "Denied")
    replaced = {
        (name, event.fields["class_uid"])
        for event in everything()
        for name, value in flatten(json.loads(str(event.fields["_raw"]), parse_int=str, parse_float=str)).items()
        if event.fields[name] != value
    }
    assert replaced == {("status", of_class) for of_class in ("3001", "3004", "3005", "3006")}


ADD_ON = {
    "EVAL-user": "case(class_uid=3002, 'user.name', class_uid=3004, 'actor.user.name',"
    " class_uid=6003, 'actor.user.uid')",
    "EVAL-user_id": "case(class_uid=3002, 'user.uid')",
    "EVAL-action": 'case(class_uid=3002, case(status_id=1, "success", status_id=2, "failure"),'
    ' class_uid=6003, case(activity_id=2, "read", true(), "other"))',
    "EVAL-status": 'case(class_uid=6003, case(status_id=1, "success", status_id=2, "failure"))',
    "EVAL-object": "case(class_uid=3004, 'entity.name')",
    "EVAL-object_id": "case(class_uid=3004, 'entity.uid')",
    "EVAL-object_category": "case(class_uid=3004, 'entity.type')",
    "EVAL-dvc": "'metadata.log_provider'",
    "EVAL-src": "coalesce('src_endpoint.hostname', 'src_endpoint.ip', 'src_endpoint.name')",
    "EVAL-src_user": "case(class_uid=3002, 'actor.user.name')",
    "EVAL-authentication_method": "case(class_uid=3002, auth_protocol)",
    "EVAL-user_agent": "case(class_uid=6003, 'http_request.user_agent')",
    "FIELDALIAS-result": "status_id AS result_id",
}
"""Documented mappings of Splunk's OCSF-CIM add-on for classes 3002, 3004 and 6003, which it copies to a configured
source type. It is assumed to map no other classes."""


def test_the_add_ons_settings_for_our_source_type_change_nothing() -> None:
    both = {**PROPS, SOURCETYPE: PROPS[SOURCETYPE] | ADD_ON}
    events = list(map(samples.event_of, samples.inputs()))
    assert known(*events, props=both) == known(*events)
    assert known(*events, props={SOURCETYPE: both[SOURCETYPE]}) != known(*events), "the add-on's settings do nothing"


def test_where_the_add_on_gives_a_value_ours_is_the_same() -> None:
    events = list(map(samples.event_of, samples.inputs()))
    theirs = known(*events, props={SOURCETYPE: ADD_ON})
    fields = {key.partition("-")[2] for key in ADD_ON if key.startswith("EVAL-")}
    differing = {
        (name, str(own.fields["class_uid"]), other.fields[name], own.fields[name])
        for own, other in zip(known(*events), theirs, strict=True)
        for name in fields
        if own.tags and other.fields.get(name) not in (None, own.fields[name])
    }
    assert differing == set()
