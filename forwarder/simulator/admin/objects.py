"""What every list of the Admin API has in common: its objects as values, and how one is described.

Times are microseconds since 1970-01-01 UTC. Source of the shapes: pages "API keys", "Users", "Invites", "Workspaces"
and "Workspace members" of the Admin API reference; those of version 2026-10-21: the official SDK 2.11.0.
"""

import random
from collections.abc import Callable, Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Any, ClassVar, NamedTuple, Protocol

from forwarder.simulator.admin.parameters import Parameters
from forwarder.simulator.clock import rfc3339
from forwarder.simulator.scenarios.people import ScenarioOrganization, ScenarioPerson

FIRST_VERSION = "2023-06-01"
SCOPED_VERSION = "2026-10-21"
"""The `anthropic-version` since which keys have a `scope`."""
MEMBERS_SCOPE = "read:members"
"""Users and invites can be read with it, and with `read:org_audit` ("Admin API keys")."""

Shape = dict[str, Any]
Asked = dict[str, Any]
"""The query's values by name, and the ids in the path."""


class ConsoleObject(Protocol):
    """An object of a Console organization: a frozen dataclass."""

    __dataclass_fields__: ClassVar[dict[str, Any]]

    @property
    def id(self) -> str:
        """Unique within its type."""

    @property
    def created_us(self) -> int:
        """Lists are sorted by it."""

    def shape(self, version: str, now_us: int) -> Shape:
        """The object as its list returns it under that `anthropic-version`."""


class Blueprint(NamedTuple):
    """What the objects of the made-up company are made from."""

    home: ScenarioOrganization
    staff: list[ScenarioPerson]
    workspaces: Sequence[Any]
    api_keys: Sequence[Any]
    now_us: int
    dice: random.Random


class SimulatedList(NamedTuple):
    """One list of the Admin API."""

    object_type: type[Any]
    """Of its objects."""
    path: str
    """Below `/v1/organizations`, as a pattern; named groups are ids."""
    examples: Callable[[Blueprint], Iterable[ConsoleObject]]
    """The objects of the made-up company."""
    parameters: Parameters = MappingProxyType({})
    """Beyond those of paging."""
    shown: Callable[[Any, Asked, int], bool] = lambda *_: True
    """Whether the list returns the object for these values at this time (µs)."""
    cursor: str = "id"
    scope: str | None = None
    """The scope that lets a key of claude.ai read it; without one only Admin keys may."""
    parent: type[Any] | None = None
    """The type of the object whose id is in the path; ids are then `PARENT/CURSOR`."""


Lists = Mapping[str, SimulatedList]


def optional_time(us: int | None) -> str | None:
    """RFC 3339, or null."""
    return None if us is None else rfc3339(us)
