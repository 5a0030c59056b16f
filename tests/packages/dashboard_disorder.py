"""What makes counting hard: events sent twice, figures stated again, lists of other days, a risk that is none."""

import copy
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from forwarder.simulator.clock import DAY, SECOND
from tests.content.records import activity, person
from tests.ocsf.samples import ROOT as SAMPLES
from tests.ocsf.samples import event_of
from tests.packages.dashboard_envelopes import Envelope, enveloped

TWICE, RESTATED = 97, 41
"""One in so many."""
LOW = 2
GONE = "gone.away@example.com"


def again(held: Sequence[Envelope]) -> list[Envelope]:
    """What was taken though its answer was lost, and sent once more; all that is severe among it."""
    kept = [one for one in held if one["source"] != "claude:forwarder"]
    return copy.deepcopy(kept[::TWICE] + [one for one in kept if one["event"]["severity_id"] > LOW])


def harmless(now: datetime) -> Iterator[Envelope]:
    """Single sign-on was switched on: the same type as switching it off."""
    event = activity("org_sso_toggled", person("ada"), now - timedelta(hours=3), enabled=True).event
    yield from enveloped("activities", [event])


def stated_again(held: Sequence[Envelope]) -> Iterator[Envelope]:
    """Figures that the report tells otherwise when it is read again."""
    for before in [one for one in held if one["source"] in ("claude:usage", "claude:cost")][::RESTATED]:
        now = copy.deepcopy(before)
        unmapped = now["event"]["unmapped"]
        unmapped["revision"] += 3_600_000
        if "spend" in unmapped:
            unmapped["spend"]["amount"] = "0.25"
        else:
            now["event"]["message_context"]["total_tokens"] = now["fields"]["claude_tokens"] = 1000
        yield now


def otherwise_listed(held: Sequence[Envelope], now_us: int) -> Iterator[Envelope]:
    """Yesterday's keys and one that has vanished since, a key changed after the list, a member who has left."""
    keys, users = ([one for one in held if one["source"] == f"claude:{source}"] for source in ("api_keys", "users"))
    yield from map(_yesterday, keys)
    yield from _vanished(keys[0], now_us)
    owners = {key["event"]["resources"][0]["owner"]["uid"] for key in keys}
    (gone,) = owners - {user["fields"]["claude_object"] for user in users}
    yield _changed(users[0], -3 * DAY, claude_object=gone, claude_user=GONE)
    renamed = next(one for one in held if one["fields"]["claude_code"] == "platform_api_key_updated")
    late = now_us + 30 * SECOND - round(renamed["time"] * SECOND)
    yield _changed(renamed, late, claude_object=keys[0]["fields"]["claude_object"], claude_user=GONE, claude_actor=gone)
    yield _sample("users", "user-list/made-admin", now_us - DAY)


def _yesterday(key: Envelope) -> Envelope:
    before = _changed(key, -DAY)
    before["event"]["unmapped"]["derived"]["age_days"] -= 1
    return before


def _vanished(key: Envelope, now_us: int) -> Iterator[Envelope]:
    end = _sample("api_keys", "api-key-list/vanished", now_us - DAY)
    yield _changed(key, -2 * DAY, claude_object=end["fields"]["claude_object"])
    yield end


def _changed(envelope: Envelope, later_us: int, **fields: str) -> Envelope:
    """The same of another time, with other indexed fields: another event."""
    copied = copy.deepcopy(envelope)
    copied["time"] += later_us / SECOND
    copied["fields"] |= {**fields, "claude_uid": f"{copied['fields']['claude_uid']} {later_us} {fields}"}
    return copied


def _sample(source: str, name: str, time_us: int) -> Envelope:
    (envelope,) = enveloped(source, [event_of(SAMPLES / f"{name}.input.json")])
    return envelope | {"time": time_us / SECOND}
