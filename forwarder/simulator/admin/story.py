"""What the activities of `attack-keys` mean for the Admin API: its keys come and go, one is used after its end."""

from typing import NamedTuple

from forwarder.simulator.admin.objects import Key
from forwarder.simulator.admin.usage import Dimensions
from forwarder.simulator.admin.workload import Burst, Work
from forwarder.simulator.clock import HOUR
from forwarder.simulator.scenarios.attack_keys import NAME, attack_keys, attack_person
from forwarder.simulator.scenarios.issue import Issue


class Story(NamedTuple):
    """Keys with the moments of their states, works of their own, and who burns tokens when; empty elsewhere."""

    keys: tuple[tuple[Key, int], ...] = ()
    works: tuple[Work, ...] = ()
    off_but_used: str | None = None
    burning: str | None = None
    burst: Burst | None = None

    @property
    def burst_us(self) -> int | None:
        """When the hour of the burst starts."""
        return None if self.burst is None else self.burst.start_us


def story(name: str, seed: int, now_us: int) -> Story:
    """The story of the scenario of that name, read from its activities."""
    if name != NAME:
        return Story()
    told = attack_keys(0, seed, now_us)
    keys = _keys(told)
    off = next(key for key, _ in keys if key.status == "inactive")
    night = next(issue.created_us for issue in told if _type(issue) == "admin_api_key_created")
    start = night // HOUR * HOUR + 2 * HOUR
    return Story(
        tuple(keys),
        (Work(f"key/{off.id}", Dimensions(api_key_id=off.id), 3000, since_us=off.created_us // HOUR * HOUR + HOUR),),
        off.id,
        attack_person(seed).user_id,
        Burst(start, start + HOUR, 10),
    )


def _keys(told: list[Issue]) -> list[tuple[Key, int]]:
    """Each platform key at its birth and after each change of its status."""
    states: list[tuple[Key, int]] = []
    known: dict[str, Key] = {}
    for issue in told:
        if not isinstance(issue.activity, dict) or not _type(issue).startswith("platform_api_key_"):
            continue
        id_, actor = issue.activity["api_key_id"], issue.activity["actor"]["user_id"]
        key = known.get(id_) or Key(id_, f"key-{len(known)}", issue.created_us, actor, principal=actor)
        for change in issue.activity.get("updates", ()):
            key = Key(id_, key.name, key.created_us, key.created_by, None, change["current_value"], key.principal)
        known[id_] = key
        states.append((key, issue.created_us))
    return states


def _type(issue: Issue) -> str:
    return issue.activity["type"] if isinstance(issue.activity, dict) else ""
