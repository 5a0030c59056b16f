"""Who may call the simulated API and how often: API keys, their scopes, and the request quota.

Source: pages "Access to the Compliance API" and "Errors" (rate limits) of the Compliance API.
"""

import math
from dataclasses import dataclass
from typing import Literal

from forwarder.simulator.clock import MINUTE, SECOND, SimulatedClock, rfc3339

KeyKind = Literal["compliance", "admin", "claude"]

ACTIVITIES = "read:compliance_activities"
ORG_DATA = "read:compliance_org_data"
ALL_READS = "read:org_audit"
"""One scope for every Compliance read."""

PREFIXES: dict[KeyKind, str] = {
    "compliance": "sk-ant-api01-",
    "admin": "sk-ant-admin01-",
    "claude": "sk-ant-api03-",
}


@dataclass(slots=True)
class ApiKey:
    """A key. `organizations` (UUIDs) limits what it sees; `None` is the whole parent organization."""

    secret: str
    key_id: str
    kind: KeyKind = "compliance"
    scopes: tuple[str, ...] = (ACTIVITIES, ORG_DATA)
    organizations: frozenset[str] | None = None
    revoked: bool = False

    def allows(self, scope: str) -> bool:
        """Whether the key has the scope; an Admin key reaches the Activity Feed and nothing else."""
        return scope in self.granted() or (ALL_READS in self.granted() and scope.startswith("read:"))

    def granted(self) -> tuple[str, ...]:
        """The scopes that count."""
        return (ACTIVITIES,) if self.kind == "admin" else self.scopes

    def actor(self, ip_address: str, user_agent: str) -> dict[str, str]:
        """The actor of the activity that a call with this key leaves behind."""
        kind = "admin_api_key" if self.kind == "admin" else "api_key"
        actor_type = "admin_api_key_actor" if self.kind == "admin" else "api_actor"
        return {
            "type": actor_type,
            f"{kind}_id": self.key_id,
            "ip_address": ip_address,
            "user_agent": user_agent,
        }


COMPLIANCE_KEY = PREFIXES["compliance"] + "simulated-compliance-key"
ADMIN_KEY = PREFIXES["admin"] + "simulated-admin-key"
CLAUDE_KEY = PREFIXES["claude"] + "simulated-claude-key"


def default_keys() -> list[ApiKey]:
    """One key of each kind."""
    return [
        ApiKey(COMPLIANCE_KEY, "apikey_01SimulatedCompliance", "compliance"),
        ApiKey(ADMIN_KEY, "apikey_01SimulatedAdmin", "admin", scopes=()),
        ApiKey(CLAUDE_KEY, "apikey_01SimulatedClaude", "claude", scopes=()),
    ]


class KeyRing:
    """Every key of the account by its secret."""

    def __init__(self, keys: list[ApiKey]) -> None:
        self._keys = {key.secret: key for key in keys}

    def admit(self, headers_key: str | None, authorization: str | None) -> ApiKey | None:
        """The key of a request, from `x-api-key` or a Bearer token; `None` when it is none of ours."""
        scheme, _, bearer = (authorization or "").partition(" ")
        key = self._keys.get(headers_key or (bearer if scheme == "Bearer" else ""))
        return None if key is None or key.revoked or key.kind == "claude" else key

    def add(self, key: ApiKey) -> None:
        """A new key, or a new secret for an old one."""
        self._keys[key.secret] = key

    def revoke(self, secret: str, revoked: bool = True) -> None:
        """Revoke (or restore) a key. Raises `KeyError` when there is none."""
        self._keys[secret].revoked = revoked


class Quota:
    """A budget that refills whole, a minute after its first request."""

    def __init__(self, clock: SimulatedClock, per_minute: int = 600) -> None:
        self._clock = clock
        self.per_minute = per_minute
        self._used = 0
        self._reset_us = 0

    def spend(self) -> bool:
        """Take one request from the budget; `False` when none is left."""
        self._refill()
        self._used += 1
        return self._used <= self.per_minute

    def headers(self, retry_after: str | None = None) -> dict[str, str]:
        """The `anthropic-ratelimit-*` headers; `-reset` is RFC 3339 in whole seconds, as far off as `retry-after`."""
        self._refill()
        wait_us = round(float(retry_after) * SECOND) if retry_after else self._reset_us - self._clock.now_us()
        reset = math.ceil((self._clock.now_us() + wait_us) / SECOND) * SECOND
        return {
            "anthropic-ratelimit-requests-limit": str(self.per_minute),
            "anthropic-ratelimit-requests-remaining": str(max(0, self.per_minute - self._used)),
            "anthropic-ratelimit-requests-reset": rfc3339(reset),
        }

    def _refill(self) -> None:
        now = self._clock.now_us()
        if now >= self._reset_us:
            self._used, self._reset_us = 0, now + MINUTE

    def retry_after(self) -> int:
        """Whole seconds until there is a budget again, at least one."""
        return max(1, math.ceil((self._reset_us - self._clock.now_us()) / SECOND))
