"""What this version's Splunk app holds, to tell where a Splunk differs from it. Made by `make content`."""

from functools import cache
from typing import NamedTuple

from forwarder.siem.stories import bundle


class Shipped(NamedTuple):
    """The app's parts that a customer may change."""

    macros: dict[str, str]
    columns: tuple[str, ...]
    """What every saved search adds to its rule's rows; no story expects values of them."""
    lookups: dict[str, str]
    """Name and CSV text."""
    titles: dict[str, str]
    """Rule and its saved search's name."""

    @property
    def searches(self) -> list[str]:
        """The names of the saved searches."""
        return list(self.titles.values())


@cache
def shipped() -> Shipped:
    """The bundled file's part, read once."""
    told = bundle()["splunk"]
    return Shipped(told["macros"], tuple(told["columns"]), told["lookups"], told["titles"])
