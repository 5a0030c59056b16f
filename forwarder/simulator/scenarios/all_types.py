"""Every documented activity type with every actor it may have, all fields filled, and once with required fields only.

Values are made from the fields' documented types and enums in `activity_types.json`.
"""

import json
import random
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from forwarder.simulator.clock import DAY, MINUTE, SECOND, rfc3339
from forwarder.simulator.scenarios.issue import Issue, chance, new_id, new_uuid
from forwarder.simulator.scenarios.people import ScenarioOrganization, organizations

_PREFIXES = {
    "api_key_id": "apikey_",
    "admin_api_key_id": "apikey_",
    "workspace_id": "wrkspc_",
    "organization_id": "org_",
    "claude_project_id": "claude_proj_",
    "claude_project_document_id": "claude_proj_doc_",
    "request_id": "req_",
    "role_id": "rbac_role_",
    "group_id": "rbac_group_",
    "service_account_id": "svac_",
    "mcp_server_id": "mcpsrv_",
}
_EMPTY_SINCE_2026_09 = {"filename", "title"}
_WORDS = {
    "url": "https://example.com/path?q=1",
    "ip_address": "198.51.100.7",
    "user_agent": "Mozilla/5.0 (X11; Linux x86_64)",
    "domain": "example.com",
    "model": "claude-opus-5",
    "version": "1.4.2",
}


@cache
def documented() -> dict[str, Any]:
    """The carried-over list: `actors` and `activities` by type."""
    data: dict[str, Any] = json.loads(Path(__file__).parent.with_name("activity_types.json").read_bytes())
    return data


def fields_of(dice: random.Random, type_: str, variant: int = 0) -> dict[str, Any]:
    """Every documented field of a type, with a value. Where a field may be of several kinds, `variant` chooses."""
    spec = documented()["activities"][type_]
    return _Maker(dice, spec["fields"] or {}, spec.get("enums", {}), variant).children("")


def variants_of(type_: str) -> int:
    """How many values of `variant` it takes to see every kind that any field of the type may have."""
    kinds = (documented()["activities"][type_]["fields"] or {}).values()
    return max((kind.count(" or ") + 1 for kind in kinds), default=1)


def required_fields_of(dice: random.Random, type_: str) -> dict[str, Any]:
    """Required fields with values; half of the others null, the rest absent."""
    required = set(documented()["activities"][type_].get("required", ()))
    full = fields_of(dice, type_)
    bare = {name: full[name] if name in required else None for name in full}
    return {name: value for name, value in bare.items() if name in required or dice.random() < 0.5}


def actor_of(dice: random.Random, type_: str) -> dict[str, Any]:
    """An actor of the given variant with all its documented fields."""
    spec = documented()["actors"][type_]
    actor = {name: _actor_value(dice, name, kind) for name, kind in spec.items()}
    return {"type": type_, **actor}


def _actor_value(dice: random.Random, name: str, kind: str) -> Any:
    if kind.startswith("null"):
        return None
    if name == "provider":
        return dice.choice(_PROVIDERS)
    return _leaf(dice, name, kind, [])


_PROVIDERS: list[dict[str, Any]] = [
    {"type": "aws", "account_id": "123456789012", "signed_principal": "arn:aws:iam::123456789012:role/build"},
    {"type": "azure", "subscription_id": "00000000-0000-4000-8000-000000000001"},
    {"type": "gcp", "project_number": "123456789012"},
    {"type": "oidc", "issuer": "https://idp.example.com"},
]


class _Maker(NamedTuple):
    """Values for one type's fields, spelt as paths: `a.b` nests, `a[].b` is in an array, `a{}.b` in a map."""

    dice: random.Random
    fields: dict[str, str]
    enums: dict[str, list[Any]]
    variant: int

    def children(self, above: str) -> dict[str, Any]:
        """The object whose fields are the paths one step below `above`."""
        start = f"{above}." if above else ""
        steps = (path[len(start) :].split(".")[0] for path in self.fields if path.startswith(start))
        names = dict.fromkeys(step.removesuffix("[]").removesuffix("{}") for step in steps)
        return {name: self._value(start + name, name) for name in names}

    def _value(self, path: str, name: str) -> Any:
        kinds = (self.fields.get(path) or self._implied(path)).split(" or ")
        kind = kinds[self.variant % len(kinds)]
        if kind.startswith("array<object>") and (one := self.children(f"{path}[]")):
            return [one, self._replace(variant=self.variant + 1).children(f"{path}[]")]
        if kind.startswith("map") and (one := self.children(f"{path}{{}}")):
            return {"entry": one}
        if kind.startswith("object") and (one := self.children(path)):
            return one
        return _leaf(self.dice, name, kind, self.enums.get(path, []))

    def _implied(self, path: str) -> str:
        """The kind of a path that the documentation names only by what is below it."""
        below = {"array<object>": f"{path}[].", "map": f"{path}{{}}."}
        return next((k for k, start in below.items() if any(p.startswith(start) for p in self.fields)), "object")


def _leaf(dice: random.Random, name: str, kind: str, allowed: list[Any]) -> Any:
    for start, make in _KINDS.items():
        if kind.startswith(start):
            return make(dice, name, allowed)
    return _string(dice, name, allowed)


def _string(dice: random.Random, name: str, allowed: list[Any]) -> Any:
    if allowed:
        return dice.choice(allowed)
    if name in _EMPTY_SINCE_2026_09:
        return ""
    if name.endswith("uuid"):
        return new_uuid(dice)
    if name.endswith("_id"):
        return new_id(dice, _PREFIXES.get(name) or _prefix(name))
    if "email" in name:
        return f"person{dice.randrange(1000)}@example.com"
    if name.endswith(("_at", "_time", "_date")):
        return "2026-05-08T12:18:11.000538Z"
    return next((text for word, text in _WORDS.items() if name.endswith(word)), f"example {name} {dice.randrange(99)}")


def _prefix(name: str) -> str:
    return "user_" if "user_id" in name else name.removesuffix("id")


_KINDS: dict[str, Any] = {
    "array<string>": lambda dice, name, allowed: [_string(dice, name.removesuffix("s"), allowed) for _ in "ab"],
    "array<number>": lambda dice, name, allowed: [1, 2.5],
    "array<object>": lambda dice, name, allowed: [{"id": new_id(dice, "item_")}],
    "boolean": lambda dice, name, allowed: dice.random() < 0.5,
    "number": lambda dice, name, allowed: dice.choice([0, 3, 250, 12.5]),
    "integer": lambda dice, name, allowed: dice.randrange(10_000),
    "map<number>": lambda dice, name, allowed: {"standard": 12, "premium": 3},
    "map": lambda dice, name, allowed: {"sub": "repo:example/app", "aud": "https://example.com"},
    "object": lambda dice, name, allowed: {"name": f"example {name}"},
    "enum": lambda dice, name, allowed: dice.choice(allowed) if allowed else "unspecified",
    "string(date-time)": lambda dice, name, allowed: "2026-05-08T12:18:11.000538Z",
    "ISO 8601 date": lambda dice, name, allowed: "2026-05-08",
}
"""How the documentation begins a field's type → (dice, name, enum values) → a value."""


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
    """The actor variants documented for a type; all of them where it allows any or names none."""
    listed = documented()["activities"][type_]["actors"]
    return listed if isinstance(listed, list) else list(documented()["actors"])


def _issue(
    id_: str, at_us: int, home: ScenarioOrganization, actor: dict[str, Any], type_: str, fields: dict[str, Any]
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
