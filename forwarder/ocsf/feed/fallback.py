"""A plan for an activity type that the catalogue does not hold, derived from the words of its name.

The last words (`…_created`, `…_viewed`, `…_deletion_failed`) give the activity and the status. The first words give the
class: as most known types that begin with the same words, configuration (3004) or content (6001). Signing in and out is
Authentication (3002) whatever the first words are. Without a known ending it is activity 99 under the type's own name;
without a known beginning, API Activity 99.
"""

from collections import Counter
from collections.abc import Iterable
from functools import lru_cache
from typing import NamedTuple

from forwarder.ocsf.core.captions import CLASSES
from forwarder.ocsf.feed.catalogue import compile_plan, plans
from forwarder.ocsf.feed.classes import ACTIVITY_CLASSES
from forwarder.ocsf.feed.plan import ActivityPlan

_ACTIVITIES: dict[tuple[str, ...], str] = {
    ("Create",): "created added enrolled issued generated minted uploaded registered installed linked duplicated",
    ("Read",): "viewed read accessed downloaded listed opened revealed",
    ("Update",): "updated changed renamed replaced rotated toggled edited moved modified restored re_sent unshared "
    "unpublished",
    ("Delete",): "deleted removed revoked unlinked uninstalled purged",
    ("Enable", "Update"): "enabled granted unblocked allowlisted",
    ("Disable", "Update"): "disabled blocked blocklisted",
    ("Activate", "Update"): "activated connected unarchived",
    ("Deactivate", "Update"): "deactivated disconnected archived",
    ("Suspend", "Update"): "paused suspended",
    ("Resume", "Update"): "resumed unpaused",
    ("Share", "Update"): "shared published",
    ("Export", "Read"): "exported",
    ("Import", "Create"): "imported",
    ("Search", "Read"): "searched",
    ("Logon",): "logged_in signed_in login logon authentication",
    ("Logoff",): "logged_out signed_out logout logoff",
}
_OUTCOMES = {
    "succeeded": "Success",
    "success": "Success",
    "completed": "Success",
    "failed": "Failure",
    "denied": "Failure",
    "rejected": "Failure",
    "attempted": "Attempted",
    "initiated": "Initiated",
    "started": "Started",
    "requested": "Requested",
    "scheduled": "Scheduled",
}
_NOUN_FORMS = {
    "access": "accessed",
    "addition": "added",
    "creation": "created",
    "deletion": "deleted",
    "download": "downloaded",
    "export": "exported",
    "import": "imported",
    "removal": "removed",
    "share": "shared",
    "update": "updated",
    "upload": "uploaded",
}
_BY_WORD = {word: activities for activities, words in _ACTIVITIES.items() for word in words.split()}
_CONTENT = {ACTIVITY_CLASSES[short].class_uid for short in ("web", "file")}
_MAX_WORDS = 16
"""No known name has as many."""
_SIGN_IN = ("Logon", "Logoff")


class NameEnding(NamedTuple):
    """The activity and status that the last words of a name give."""

    activities: tuple[str, ...]
    """OCSF's captions for it; the first that the class has is taken. Empty for an unknown ending."""
    status: str
    length: int
    """Number of words."""


class NameBeginning(NamedTuple):
    """The class and theme of the known types whose names begin alike."""

    short: str
    """The table's short name of the class."""
    theme: str
    """Empty where these types are of several themes."""


Beginnings = dict[tuple[str, ...], NameBeginning]
"""First words of names → class and theme."""


@lru_cache(maxsize=4096)
def fallback(code: str) -> ActivityPlan:
    """The plan of the unknown type `code`."""
    return guess(code, _known())


def guess(code: str, known: Beginnings) -> ActivityPlan:
    """The plan of a name, by the beginnings of known names."""
    words = code.split("_")
    ending, beginning = name_ending(words), _longest_known(words, known)
    short, activity = _class_and_activity(code, ending, beginning)
    entry = {"class": short, "activity": activity, "status": ending.status}
    entry["object"] = " ".join(words[: len(words) - ending.length]) or code
    if beginning:
        entry["theme"] = beginning.theme
    if ending.status == "Failure":
        entry["risk"] = "attempt failed"
    return compile_plan(code, entry, fallback=True)


def name_ending(words: list[str]) -> NameEnding:
    """The ending of a name: `…_created`, `…_deletion_failed`, `…_logged_in`, `…_login_succeeded`."""
    outcome = _OUTCOMES.get(words[-1])
    rest = words[:-1] if outcome else words
    for length in (2, 1):
        ending = "_".join(rest[-length:])
        if len(rest) >= length and (activities := _BY_WORD.get(_NOUN_FORMS.get(ending, ending))):
            return NameEnding(activities, outcome or "Success", length + bool(outcome))
    return NameEnding((), outcome or "Success", bool(outcome))


def beginnings(known: Iterable[ActivityPlan]) -> Beginnings:
    """Class and theme of most types that begin with the same words, for every beginning of a known name."""
    alike: dict[tuple[str, ...], list[ActivityPlan]] = {}
    for plan in known:
        words = plan.code.split("_")
        for length in range(1, len(words)):
            alike.setdefault(tuple(words[:length]), []).append(plan)
    return {words: _shared(found) for words, found in alike.items()}


def _shared(found: list[ActivityPlan]) -> NameBeginning:
    """Class and theme of most of these types; no theme where none holds more than half."""
    content = sum(plan.class_uid in _CONTENT for plan in found)
    theme, count = Counter(plan.theme for plan in found).most_common(1)[0]
    return NameBeginning("web" if 2 * content > len(found) else "entity", theme if 2 * count > len(found) else "")


@lru_cache(maxsize=1)
def _known() -> Beginnings:
    return beginnings(plans().values())


def _longest_known(words: list[str], known: Beginnings) -> NameBeginning | None:
    """Class and theme of the longest known beginning."""
    longest_first = (tuple(words[:length]) for length in range(min(len(words), _MAX_WORDS), 0, -1))
    return next((known[first] for first in longest_first if first in known), None)


def _class_and_activity(code: str, ending: NameEnding, beginning: NameBeginning | None) -> tuple[str, str]:
    if ending.activities and ending.activities[0] in _SIGN_IN:
        return "authentication", ending.activities[0]
    if beginning is None:
        return "api", code
    offered = CLASSES[ACTIVITY_CLASSES[beginning.short].class_uid].activities.values()
    return beginning.short, next((activity for activity in ending.activities if activity in offered), code)
