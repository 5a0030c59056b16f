"""What the last words of an activity type's name say: the activity, and how far it came."""

from typing import NamedTuple


class Verb(NamedTuple):
    """What a name's ending says."""

    activities: tuple[str, ...]
    """OCSF's captions for it; the first that a class has is taken. Empty where the ending says nothing."""
    status: str
    length: int
    """Words of the name that say it."""


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
_DEEDS = {
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


def verb(words: list[str]) -> Verb:
    """What the name ends in: `…_created`, `…_deletion_failed`, `…_logged_in`, `…_login_succeeded`."""
    outcome = _OUTCOMES.get(words[-1])
    rest = words[:-1] if outcome else words
    for length in (2, 1):
        ending = "_".join(rest[-length:])
        if len(rest) >= length and (activities := _BY_WORD.get(_DEEDS.get(ending, ending))):
            return Verb(activities, outcome or "Success", length + bool(outcome))
    return Verb((), outcome or "Success", bool(outcome))
