"""What a scenario is made of: activities with the time at which each can first be read."""

import random
from typing import Any, NamedTuple


class Issue(NamedTuple):
    """One activity. Times in microseconds; `activity` is an object, or JSON text an object cannot express."""

    visible_us: int
    created_us: int
    activity: dict[str, Any] | str


def chance(name: str, seed: int) -> random.Random:
    """The random numbers of a scenario: the same for the same name and seed, on every machine."""
    return random.Random(f"{name}/{seed}")  # noqa: S311  nothing here is secret


_ALPHABET = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"


def new_id(dice: random.Random, prefix: str) -> str:
    """An id of the documented look: `prefix`, `01`, 22 characters of base 58."""
    return f"{prefix}01{''.join(dice.choices(_ALPHABET, k=22))}"


def new_uuid(dice: random.Random) -> str:
    """A random UUID, version 4."""
    digits = f"{dice.getrandbits(128):032x}"
    return f"{digits[:8]}-{digits[8:12]}-4{digits[13:16]}-a{digits[17:20]}-{digits[20:]}"
