"""The made-up company of the activity scenarios as an organization: the same people and keys, and their usage.

Three keys are always notable (`Landmarks`): one used though it is inactive, one older than 90 days and still used, one
whose owner has departed. In `attack-keys` a user also uses ten times their tokens for an hour.
"""

from dataclasses import replace
from typing import NamedTuple

from forwarder.simulator.admin.lists import LISTS
from forwarder.simulator.admin.objects import Blueprint
from forwarder.simulator.admin.organization import ConsoleOrganization, Landmarks
from forwarder.simulator.admin.resources import ConsoleApiKey, ConsoleWorkspace
from forwarder.simulator.admin.usage import CodeActor, Dimensions
from forwarder.simulator.admin.workload import UsagePattern, UsageSpike, Workload
from forwarder.simulator.clock import DAY, HOUR, SimulatedClock
from forwarder.simulator.scenarios.attack_keys import NAME as ATTACK_KEYS
from forwarder.simulator.scenarios.attack_keys import attack_keys, attack_person
from forwarder.simulator.scenarios.issue import Issue, chance, new_id
from forwarder.simulator.scenarios.ordinary import PEOPLE
from forwarder.simulator.scenarios.people import organizations, people

_HOMES = {"many-organizations": 12}
"""Scenarios whose parent has more than one organization; the Admin API shows the first."""
_WORKSPACES = ("Production", "Research", "Data platform", "Claude Code")
_KEYS = 20
_CLAUDE_CODE_USERS = 16
_PAST = 60 * DAY
"""How far back usage goes."""
_MODELS = (("claude-opus-5", "global"), ("claude-sonnet-5", "us"), ("claude-haiku-4-5", "not_available"))
"""Models with an `inference_geo`: those from before February 2026 have none ("Usage and Cost API")."""
_TERMINALS = ("vscode", "iTerm.app", "tmux")


class AttackEffects(NamedTuple):
    """What `attack-keys` does in the organization: states of keys, further usage, and a spike; empty for others."""

    key_states: tuple[tuple[ConsoleApiKey, int], ...] = ()
    """Keys, each from a time (µs) on."""
    patterns: tuple[UsagePattern, ...] = ()
    inactive_but_used: str | None = None
    spiking_user: str | None = None
    spike: UsageSpike | None = None


def company(
    name: str = "ordinary-month", *, clock: SimulatedClock, seed: int = 1, now_us: int | None = None
) -> ConsoleOrganization:
    """The organization of the scenario of that name and seed, made at the same `now_us` (by default the clock's).

    A name without a scenario gives a company of its own.
    """
    now_us = clock.now_us() if now_us is None else now_us
    attack = _attack(name, seed, now_us)
    blueprint = _blueprint(name, seed, now_us)
    keys = blueprint.api_keys
    patterns = [*_key_patterns(blueprint), *_claude_code_patterns(blueprint, attack)]
    patterns += [_batch(blueprint), _workbench(blueprint), *attack.patterns]
    workload = Workload(patterns, seed, (now_us - _PAST) // DAY * DAY)
    spike_us = attack.spike.start_us if attack.spike else None
    landmarks = Landmarks(attack.inactive_but_used or keys[1].id, keys[0].id, keys[2].id, attack.spiking_user, spike_us)
    organization = ConsoleOrganization(blueprint.home.uuid, blueprint.home.name, workload, clock, landmarks)
    for simulated in LISTS.values():
        for one in simulated.examples(blueprint):
            organization.put_at(one, one.created_us)
    for key, at_us in attack.key_states:
        organization.put_at(key, at_us)
    return organization


def _blueprint(name: str, seed: int, now_us: int) -> Blueprint:
    dice = chance(name, seed)  # the scenario's dice, used in its order: the same people
    homes = organizations(dice, _HOMES.get(name, 1))
    staff = [person for person in people(dice, PEOPLE, homes) if person.organization == homes[0]]
    own = chance(f"{name}/admin", seed)
    workspaces = [
        ConsoleWorkspace(new_id(own, "wrkspc_"), title, now_us - (300 - n) * DAY, tags={"env": "prod"})
        for n, title in enumerate(_WORKSPACES)
    ]
    archived = ConsoleWorkspace(new_id(own, "wrkspc_"), "Pilot", now_us - 400 * DAY, archived_us=now_us - 100 * DAY)
    blueprint = Blueprint(homes[0], staff, [*workspaces, archived], (), now_us, own)
    return blueprint._replace(api_keys=[_key(blueprint, n) for n in range(_KEYS)])


def _key(blueprint: Blueprint, n: int) -> ConsoleApiKey:
    """Key `n`; the first three are those of `Landmarks`."""
    departed = new_id(blueprint.dice, "user_")
    owner = departed if n == 2 else blueprint.staff[n * 7 % len(blueprint.staff)].user_id
    workspace = blueprint.workspaces[n % 5].id if n % 5 < len(_WORKSPACES) else None
    created_us = blueprint.now_us - (200 if n == 0 else 20 + 3 * n) * DAY
    status = "inactive" if n == 1 else "active"
    expires_us = created_us + 365 * DAY if n % 4 == 3 else None
    id_ = new_id(blueprint.dice, "apikey_")
    return ConsoleApiKey(id_, f"service-{n:02}", created_us, owner, workspace, status, owner, expires_us)


def _key_patterns(blueprint: Blueprint) -> list[UsagePattern]:
    patterns = []
    for n, key in enumerate(blueprint.api_keys):
        model, geo = _MODELS[n % len(_MODELS)]
        window = "200k-1M" if n % 6 == 5 else "0-200k"
        tier, speed = ("priority" if n % 7 == 6 else "standard"), ("fast" if n == 9 else "standard")
        dimensions = Dimensions(None, key.id, window, geo, model, None, tier, speed, key.workspace_id)
        code = CodeActor(key.name, is_user=False, is_remote=True) if n == 4 else None
        # Half of the services are used in office hours, the others around the clock.
        person = blueprint.staff[n] if n % 2 else None
        since_us = key.created_us // HOUR * HOUR + HOUR
        patterns.append(UsagePattern(f"key/{n}", dimensions, 4000 + 500 * n, person, since_us, code=code))
    return patterns


def _claude_code_patterns(blueprint: Blueprint, attack: AttackEffects) -> list[UsagePattern]:
    """Claude Code of the first people of the staff, signed in as themselves; the third in two terminals."""
    patterns = []
    for n, person in enumerate([*blueprint.staff[:_CLAUDE_CODE_USERS], blueprint.staff[2]]):
        model, geo = _MODELS[n % 2]
        dimensions = Dimensions(person.user_id, inference_geo=geo, model=model, workspace_id=blueprint.workspaces[3].id)
        code = CodeActor(person.email, is_user=True, terminal=_TERMINALS[n % len(_TERMINALS)])
        spike = attack.spike if person.user_id == attack.spiking_user else None
        patterns.append(UsagePattern(f"code/{n}", dimensions, 6000, person, spike=spike, code=code))
    return patterns


def _batch(blueprint: Blueprint) -> UsagePattern:
    """A nightly job of a service account, at the price of batches."""
    account = new_id(blueprint.dice, "svac_")
    dimensions = Dimensions(service_account_id=account, service_tier="batch", workspace_id=blueprint.workspaces[2].id)
    return UsagePattern("batch", dimensions, 20_000)


def _workbench(blueprint: Blueprint) -> UsagePattern:
    """A person in the Workbench: no key, the default workspace."""
    return UsagePattern("workbench", Dimensions(blueprint.staff[0].user_id), 1500, blueprint.staff[0])


def _attack(name: str, seed: int, now_us: int) -> AttackEffects:
    """The effects of the scenario of that name, derived from its activities."""
    if name != ATTACK_KEYS:
        return AttackEffects()
    issues = attack_keys(0, seed, now_us)
    states = _key_states(issues)
    used = next(key for key, _ in states if key.status == "inactive")
    night = next(issue.created_us for issue in issues if _type(issue) == "admin_api_key_created")
    start = night // HOUR * HOUR + 2 * HOUR
    since_us = used.created_us // HOUR * HOUR + HOUR
    return AttackEffects(
        tuple(states),
        (UsagePattern(f"key/{used.id}", Dimensions(api_key_id=used.id), 3000, since_us=since_us),),
        used.id,
        attack_person(seed).user_id,
        UsageSpike(start, start + HOUR, 10),
    )


def _key_states(issues: list[Issue]) -> list[tuple[ConsoleApiKey, int]]:
    """Each platform key when it is created and after each change of its status."""
    states: list[tuple[ConsoleApiKey, int]] = []
    known: dict[str, ConsoleApiKey] = {}
    for issue in issues:
        if not isinstance(issue.activity, dict) or not _type(issue).startswith("platform_api_key_"):
            continue
        id_, actor = issue.activity["api_key_id"], issue.activity["actor"]["user_id"]
        key = known.get(id_) or ConsoleApiKey(id_, f"key-{len(known)}", issue.created_us, actor, principal=actor)
        for change in issue.activity.get("updates", ()):
            key = replace(key, workspace_id=None, status=change["current_value"], expires_us=None)
        known[id_] = key
        states.append((key, issue.created_us))
    return states


def _type(issue: Issue) -> str:
    return issue.activity["type"] if isinstance(issue.activity, dict) else ""
