"""The made-up company of the activity scenarios as an organization: the same people and keys, and what they use.

Three keys are always awkward (`Landmarks`): one used though it is switched off, one of more than 90 days still
used, one whose owner has left. In `attack-keys` somebody also burns ten times their tokens for an hour.
"""

import random
from typing import NamedTuple

from forwarder.simulator.admin.objects import Invite, Key, Member, Thing, User, Workspace
from forwarder.simulator.admin.organization import Landmarks, Organization
from forwarder.simulator.admin.story import Story, story
from forwarder.simulator.admin.usage import CodeActor, Dimensions
from forwarder.simulator.admin.workload import Work, Workload
from forwarder.simulator.clock import DAY, HOUR, SimulatedClock
from forwarder.simulator.scenarios.issue import chance, new_id
from forwarder.simulator.scenarios.ordinary import PEOPLE
from forwarder.simulator.scenarios.people import FeedOrganization as Home
from forwarder.simulator.scenarios.people import ScenarioPerson, organizations, people

_HOMES = {"many-organizations": 12}
"""Scenarios whose parent has more than one organization; the Admin API shows the first."""
_WORKSPACES = ("Production", "Research", "Data platform", "Claude Code")
_KEYS = 20
_CODERS = 16
_PAST = 60 * DAY
"""How far back usage goes."""
_MODELS = (("claude-opus-5", "global"), ("claude-sonnet-5", "us"), ("claude-haiku-4-5", "not_available"))
"""Models with an `inference_geo`: those from before February 2026 have none ("Usage and Cost API")."""
_TERMINALS = ("vscode", "iTerm.app", "tmux")


class _Cast(NamedTuple):
    """All who play: the home, its people, its workspaces, the moment of the story, and dice."""

    home: Home
    staff: list[ScenarioPerson]
    spaces: list[Workspace]
    now_us: int
    dice: random.Random


def company(
    name: str = "ordinary-month", *, clock: SimulatedClock, seed: int = 1, now_us: int | None = None
) -> Organization:
    """The organization behind the scenario of that name and seed, made at the same `now_us` (the clock's unless said).

    A name that is no scenario's is a company of its own.
    """
    now_us = clock.now_us() if now_us is None else now_us
    told = story(name, seed, now_us)
    cast = _cast(name, seed, now_us)
    keys = _keys(cast)
    works = [*_key_works(cast, keys), *_code_works(cast, told), _batch(cast), _workbench(cast), *told.works]
    workload = Workload(works, seed, (now_us - _PAST) // DAY * DAY)
    marks = Landmarks(told.off_but_used or keys[1].id, keys[0].id, keys[2].id, told.burning, told.burst_us)
    organization = Organization(cast.home.uuid, cast.home.name, workload, clock, marks)
    things: list[Thing] = [*cast.spaces, *_users(cast), *_members(cast), *_invites(cast), *keys]
    for thing in things:
        organization.put_at(thing, thing.created_us)
    for key, at_us in told.keys:
        organization.put_at(key, at_us)
    return organization


def _cast(name: str, seed: int, now_us: int) -> _Cast:
    dice = chance(name, seed)  # the dice of the scenario, thrown in its order: the same people
    homes = organizations(dice, _HOMES.get(name, 1))
    staff = [person for person in people(dice, PEOPLE, homes) if person.organization == homes[0]]
    own = chance(f"{name}/admin", seed)
    spaces = [
        Workspace(new_id(own, "wrkspc_"), title, now_us - (300 - n) * DAY, tags={"env": "prod"})
        for n, title in enumerate(_WORKSPACES)
    ]
    old = Workspace(new_id(own, "wrkspc_"), "Pilot", now_us - 400 * DAY, archived_us=now_us - 100 * DAY)
    return _Cast(homes[0], staff, [*spaces, old], now_us, own)


def _users(cast: _Cast) -> list[User]:
    roles = ("admin", "developer", "user", "claude_code_user", "user", "billing")
    return [
        User(person.user_id, person.email, _name(person), roles[n % len(roles)], cast.now_us - (300 - n) * DAY)
        for n, person in enumerate(cast.staff)
    ]


def _name(person: ScenarioPerson) -> str:
    return person.email.split("@")[0].replace(".", " ").title()


def _members(cast: _Cast) -> list[Member]:
    roles = ("workspace_admin", "workspace_developer", "workspace_user")
    return [
        Member(space.id, person.user_id, roles[n % len(roles)], space.created_us)
        for place, space in enumerate(cast.spaces)
        for n, person in enumerate(cast.staff[place * 10 : place * 10 + 30])
    ]


def _invites(cast: _Cast) -> list[Invite]:
    day = cast.now_us - 2 * DAY
    return [
        Invite(new_id(cast.dice, "invite_"), "new.one@example.com", "developer", day, day + 21 * DAY),
        Invite(new_id(cast.dice, "invite_"), "forgotten@example.com", "user", day - 40 * DAY, day - 19 * DAY),
        Invite(
            new_id(cast.dice, "invite_"),
            cast.staff[-1].email,
            "user",
            day - 20 * DAY,
            day + DAY,
            "accepted",
            day - 19 * DAY,
        ),
    ]


def _keys(cast: _Cast) -> list[Key]:
    """The keys of before the story; the first three are the awkward ones."""
    return [_key(cast, n) for n in range(_KEYS)]


def _key(cast: _Cast, n: int) -> Key:
    left = new_id(cast.dice, "user_")
    owner = left if n == 2 else cast.staff[n * 7 % len(cast.staff)].user_id
    space = cast.spaces[n % 5].id if n % 5 < len(_WORKSPACES) else None
    born = cast.now_us - (200 if n == 0 else 20 + 3 * n) * DAY
    status = "inactive" if n == 1 else "active"
    end = born + 365 * DAY if n % 4 == 3 else None
    return Key(new_id(cast.dice, "apikey_"), f"service-{n:02}", born, owner, space, status, owner, end)


def _key_works(cast: _Cast, keys: list[Key]) -> list[Work]:
    works = []
    for n, key in enumerate(keys):
        model, geo = _MODELS[n % len(_MODELS)]
        window = "200k-1M" if n % 6 == 5 else "0-200k"
        tier, speed = ("priority" if n % 7 == 6 else "standard"), ("fast" if n == 9 else "standard")
        where = Dimensions(None, key.id, window, geo, model, None, tier, speed, key.workspace_id)
        code = CodeActor(key.name, is_user=False, is_remote=True) if n == 4 else None
        # Half of the services are used by people at work, the others around the clock.
        person = cast.staff[n] if n % 2 else None
        works.append(Work(f"key/{n}", where, 4000 + 500 * n, person, key.created_us // HOUR * HOUR + HOUR, code=code))
    return works


def _code_works(cast: _Cast, told: Story) -> list[Work]:
    """Claude Code of the first people, signed in as themselves; the third of them in two terminals."""
    works = []
    for n, person in enumerate([*cast.staff[:_CODERS], cast.staff[2]]):
        model, geo = _MODELS[n % 2]
        where = Dimensions(person.user_id, inference_geo=geo, model=model, workspace_id=cast.spaces[3].id)
        code = CodeActor(person.email, is_user=True, terminal=_TERMINALS[n % len(_TERMINALS)])
        burst = told.burst if person.user_id == told.burning else None
        works.append(Work(f"code/{n}", where, 6000, person, burst=burst, code=code))
    return works


def _batch(cast: _Cast) -> Work:
    """A nightly job of a service account, at the price of batches."""
    account = new_id(cast.dice, "svac_")
    where = Dimensions(service_account_id=account, service_tier="batch", workspace_id=cast.spaces[2].id)
    return Work("batch", where, 20_000)


def _workbench(cast: _Cast) -> Work:
    """Somebody at the Workbench: no key, the default workspace."""
    return Work("workbench", Dimensions(cast.staff[0].user_id), 1500, cast.staff[0])
