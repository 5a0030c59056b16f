"""The people of a made-up company: names, organizations, addresses and working hours.

Addresses are of the documentation ranges (RFC 5737, RFC 3849) and domains (RFC 2606).
"""

import random
from typing import NamedTuple

from forwarder.simulator.clock import DAY, HOUR, from_micros
from forwarder.simulator.scenarios.issue import new_id, new_uuid

_FIRST = (
    "Ada", "Ben", "Chloé", "Dai", "Elif", "Femi", "Grace", "Hana", "Igor", "Jun",
    "Kofi", "Lena", "Mateo", "Noor", "Olga", "Priya", "Quinn", "Rosa", "Sven", "Tomás",
)  # fmt: skip
_LAST = ("Abe", "Brandt", "Costa", "Diaz", "Eriksen", "Fischer", "Garcia", "Haddad", "Ito", "Jansen", "Kaya", "Lopez")
_AGENTS = (
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Safari/605.1.15",
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0",
    "Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0",
    "Claude/1.9.4 (com.anthropic.claude; iOS 26.1)",
)
_ZONES = (-8, -5, 0, 1, 1, 2, 5, 9)
"""Hours from UTC of the offices, the larger ones more than once."""


class ScenarioOrganization(NamedTuple):
    """One organization under the parent."""

    id: str
    uuid: str
    name: str


class ScenarioPerson(NamedTuple):
    """One member: identity, organization, place and time zone (hours from UTC)."""

    user_id: str
    email: str
    organization: ScenarioOrganization
    ip_address: str
    user_agent: str
    zone: int

    def actor(self) -> dict[str, str]:
        """The person as the actor of an activity."""
        return {
            "type": "user_actor",
            "email_address": self.email,
            "user_id": self.user_id,
            "ip_address": self.ip_address,
            "user_agent": self.user_agent,
        }

    def works_at(self, us: int) -> bool:
        """Whether the time is in the person's office hours: Monday to Friday, 8 to 18 local time."""
        local = from_micros(us + self.zone * HOUR)
        return local.weekday() < 5 and 8 <= local.hour < 18


def organizations(dice: random.Random, count: int) -> list[ScenarioOrganization]:
    """`count` organizations; the first is the main one."""
    names = ["Example Corp", "Example Research", "Example Labs", "Example Retail"]
    return [
        ScenarioOrganization(new_id(dice, "org_"), new_uuid(dice), names[n] if n < len(names) else f"Example {n + 1}")
        for n in range(count)
    ]


def people(dice: random.Random, count: int, homes: list[ScenarioOrganization]) -> list[ScenarioPerson]:
    """`count` people spread over the organizations, each with an address and a browser of their own."""
    return [_person(dice, n, homes[n % len(homes)]) for n in range(count)]


def _person(dice: random.Random, n: int, home: ScenarioOrganization) -> ScenarioPerson:
    first, last = _FIRST[n % len(_FIRST)], _LAST[n // len(_FIRST) % len(_LAST)]
    suffix = "" if n < len(_FIRST) * len(_LAST) else str(n)
    plain = f"{first}.{last}{suffix}".lower().replace("é", "e").replace("á", "a")
    address = f"2001:db8:{n:x}::{n + 16:x}" if n % 9 == 0 else f"192.0.2.{n % 250 + 1}"
    return ScenarioPerson(
        new_id(dice, "user_"),
        f"{plain}@example.com",
        home,
        address,
        _AGENTS[n % len(_AGENTS)],
        _ZONES[n % len(_ZONES)],
    )


def working_time(dice: random.Random, person: ScenarioPerson, start_us: int, end_us: int) -> int:
    """A time between the two, nine times in ten within the person's office hours if there are any."""
    at_us = dice.randrange(start_us, end_us)
    if dice.random() < 0.1 and end_us - start_us > DAY:
        return at_us
    for _ in range(24):
        if person.works_at(at_us):
            return at_us
        at_us = dice.randrange(start_us, end_us)
    return at_us
