"""Every documented activity type with every actor it may have, all fields filled, and once at its barest."""

from typing import Any

from forwarder.simulator.clock import DAY, MINUTE, SECOND, rfc3339
from forwarder.simulator.scenarios.documented import actor_of, documented, fields_of, required_fields_of, variants_of
from forwarder.simulator.scenarios.issue import Issue, chance, new_id
from forwarder.simulator.scenarios.people import Organization, organizations


def all_types(count: int, seed: int, now_us: int) -> list[Issue]:
    """About 4,400 activities over the last day; `count` cuts the list, 0 takes all."""
    dice = chance("all-types", seed)
    home = organizations(dice, 1)[0]
    made = []
    for type_ in documented()["activities"]:
        actors = actors_for(type_)
        for n in range(max(len(actors), variants_of(type_))):
            made.append((actor_of(dice, actors[n % len(actors)]), type_, fields_of(dice, type_, n)))
        made.append((actor_of(dice, actors[0]), type_, required_fields_of(dice, type_)))
    made = made[: count or None]
    step = (DAY - 2 * MINUTE) // len(made)
    start = now_us - DAY
    return [_issue(new_id(dice, "activity_"), start + n * step, home, *parts) for n, parts in enumerate(made)]


def actors_for(type_: str) -> list[str]:
    """The actor variants documented for a type; all of them where it says any or nothing."""
    listed = documented()["activities"][type_]["actors"]
    return listed if isinstance(listed, list) else list(documented()["actors"])


def _issue(
    id_: str, at_us: int, home: Organization, actor: dict[str, Any], type_: str, fields: dict[str, Any]
) -> Issue:
    activity = {
        "id": id_,
        "created_at": rfc3339(at_us),
        "organization_id": home.id,
        "organization_uuid": home.uuid,
        "actor": actor,
        "type": type_,
        **fields,
    }
    return Issue(at_us + 20 * SECOND, at_us, activity)
