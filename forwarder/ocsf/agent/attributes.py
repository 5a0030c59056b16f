"""The table `attributes.yaml`: what holds for all events, spans and metrics, and the products that send them."""

from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from forwarder.yaml_tables import read_table

FOLDER = Path(__file__).parent


class TelemetryService(NamedTuple):
    """The product behind a `service.name`."""

    name: str
    log: str
    """`metadata.log_name` up to the signal."""
    code: str
    """Beginning of `metadata.event_code`."""


class AttributeTypes(NamedTuple):
    """Standard attributes, attributes by the type of their value, and products by `service.name`."""

    standard: frozenset[str]
    whole: frozenset[str]
    fractional: frozenset[str]
    truth: frozenset[str]
    services: dict[str, TelemetryService]


def written(name: str) -> dict[str, Any]:
    """A table of this folder, as its file holds it."""
    return read_table(FOLDER / f"{name}.yaml")


@cache
def attribute_types() -> AttributeTypes:
    """The table, read once."""
    table = written("attributes")
    standard, whole, fractional, truth = (frozenset(table[part]) for part in AttributeTypes._fields[:-1])
    services = {name: TelemetryService(**entry) for name, entry in table["services"].items()}
    return AttributeTypes(standard, whole, fractional, truth, services)
