"""A plan for an activity type the catalogue does not hold, by its verb and its noun.

The last words (`…_created`, `…_viewed`, `…_deletion_failed`) say the activity. The first ones say what kind of thing
it is: what the known types are that begin alike, configuration (3004) or content (6001). Signing in and out is
Authentication (3002) whatever comes before. Where the last words say nothing it is activity 99 under the type's own
name, where the first ones do not, API activity 99.
"""

from collections import Counter
from collections.abc import Iterable
from functools import lru_cache
from typing import NamedTuple

from forwarder.ocsf.core.captions import CLASSES
from forwarder.ocsf.feed.catalogue import compile_plan, plans
from forwarder.ocsf.feed.classes import FILLINGS
from forwarder.ocsf.feed.plan import Plan
from forwarder.ocsf.feed.verbs import Verb, verb

_CONTENT = {FILLINGS[short].class_uid for short in ("web", "file")}
_LONGEST = 16  # words; no known name has as many
_SIGNING = ("Logon", "Logoff")


class Noun(NamedTuple):
    """What kind of thing a name is about."""

    short: str
    """Class by the catalogue's short name."""
    theme: str
    """Empty where names that begin so are of many themes."""


Beginnings = dict[tuple[str, ...], Noun]
"""First words of names and the noun they stand for."""


@lru_cache(maxsize=4096)
def fallback(code: str) -> Plan:
    """How a record of the unknown type `code` becomes an event."""
    return guess(code, _known())


def guess(code: str, known: Beginnings) -> Plan:
    """The plan of a name, by the nouns of names that are known."""
    words = code.split("_")
    said, noun = verb(words), _noun(words, known)
    short, activity = _class_and_activity(code, said, noun)
    entry = {"class": short, "activity": activity, "status": said.status}
    entry["object"] = " ".join(words[: len(words) - said.length]) or code
    if noun:
        entry["theme"] = noun.theme
    if said.status == "Failure":
        entry["risk"] = "attempt failed"
    return compile_plan(code, entry, fallback=True)


def beginnings(known: Iterable[Plan]) -> Beginnings:
    """What most of the known types are that begin with the same words, for every beginning there is."""
    alike: dict[tuple[str, ...], list[Plan]] = {}
    for plan in known:
        words = plan.code.split("_")
        for length in range(1, len(words)):
            alike.setdefault(tuple(words[:length]), []).append(plan)
    return {words: _shared(found) for words, found in alike.items()}


def _shared(found: list[Plan]) -> Noun:
    """Class and theme of most of these; no theme where none holds more than half."""
    content = sum(plan.class_uid in _CONTENT for plan in found)
    theme, count = Counter(plan.theme for plan in found).most_common(1)[0]
    return Noun("web" if 2 * content > len(found) else "entity", theme if 2 * count > len(found) else "")


@lru_cache(maxsize=1)
def _known() -> Beginnings:
    return beginnings(plans().values())


def _noun(words: list[str], known: Beginnings) -> Noun | None:
    """The noun of the longest beginning that is known."""
    longest_first = (tuple(words[:length]) for length in range(min(len(words), _LONGEST), 0, -1))
    return next((known[beginning] for beginning in longest_first if beginning in known), None)


def _class_and_activity(code: str, said: Verb, noun: Noun | None) -> tuple[str, str]:
    if said.activities and said.activities[0] in _SIGNING:
        return "authentication", said.activities[0]
    if noun is None:
        return "api", code
    offered = CLASSES[FILLINGS[noun.short].class_uid].activities.values()
    return noun.short, next((activity for activity in said.activities if activity in offered), code)
