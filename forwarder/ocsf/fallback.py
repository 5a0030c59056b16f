"""A plan for an activity type the catalogue does not hold, by its verb and its noun.

The last word (`_created`, `_viewed`, `_updated`, `_deleted` …) names the activity, the first one picks the
class; where one of them says nothing it is API activity 99 under the type's own name.
"""

from functools import lru_cache

from forwarder.ocsf.captions import CLASSES
from forwarder.ocsf.catalogue import compile_plan
from forwarder.ocsf.classes import FILLINGS
from forwarder.ocsf.plan import Plan

VERBS = {
    "Create": "created added enrolled issued generated minted uploaded started",
    "Read": "viewed read accessed downloaded listed",
    "Update": "updated changed renamed replaced rotated toggled re_sent",
    "Delete": "deleted removed revoked",
    "Enable": "enabled activated",
    "Disable": "disabled deactivated archived",
}
NOUNS = {
    "entity": "admin api billing ccr desktop extra ghe github gitlab group inference lti marketplace mcp org "
    "organization platform plugin prepaid rbac role scim scoped service sso subscription tunnel workspace",
    "web": "claude cowork design pending session",
}
_VERB = {word: activity for activity, words in VERBS.items() for word in words.split()}
_NOUN = {word: short for short, words in NOUNS.items() for word in words.split()}
_FAILED = ("failed", "denied", "rejected")


@lru_cache(maxsize=4096)
def fallback(code: str) -> Plan:
    """How a record of the unknown type `code` becomes an event."""
    words = code.split("_")
    verb, short = _VERB.get(words[-1]), _NOUN.get(words[0])
    if not verb or not short or verb not in CLASSES[FILLINGS[short].class_uid].activities.values():
        verb, short = code, "api"
    status = {"status": "Failure", "severity": "Low"} if words[-1] in _FAILED else {}
    entry = {"class": short, "activity": verb, "object": " ".join(words[:-1]) or code, **status}
    return compile_plan(code, entry, fallback=True)
