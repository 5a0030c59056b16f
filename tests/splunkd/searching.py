"""The search head of the stand-in: the tests' interpreter of SPL over the events that its HEC received."""

import time
from collections.abc import Callable, Mapping
from typing import Any

from forwarder.simulator import HecServer
from tests.spl import Lookup, Splunk, from_conf
from tests.spl.interpreter import as_text
from tests.spl.macros import expand
from tests.spl.parser import parse


class SearchHead:
    """Searches at the real time, with these macros and lookups. A test may change any of them."""

    def __init__(self, hec: HecServer, macros: dict[str, dict[str, str]], lookups: dict[str, str]) -> None:
        self.macros = macros
        self.lookups = lookups
        self.hidden: Callable[[Mapping[str, Any]], bool] = lambda envelope: False
        """Events that never become searchable."""
        self.now = time.time()
        self._hec = hec
        self._held: tuple[object, Splunk] | None = None

    def parse(self, search: str) -> None:
        """Raises `SplError`."""
        parse(expand(search, from_conf(self.macros)))

    def rows(self, search: str, bounds: Mapping[str, str]) -> list[dict[str, Any]]:
        """The rows as REST gives them: text. Raises `SplError`."""
        found = self._splunk().search(search, bounds.get("earliest_time"), bounds.get("latest_time"))
        return as_text(found)

    def _splunk(self) -> Splunk:
        """Events are read again only when new ones arrive."""
        known = len(self._hec.delivered.texts)
        state = (known, repr(self.macros), repr(self.lookups))
        if self._held is None or self._held[0] != state:
            tables = {name: Lookup.from_csv(text, case_sensitive_match=False) for name, text in self.lookups.items()}
            macros = from_conf(self.macros)
            events = [event for event in self._hec.events()[:known] if not self.hidden(event)]
            self._held = (state, Splunk(events, now=self.now, lookups=tables, macros=macros))
        return self._held[1]
