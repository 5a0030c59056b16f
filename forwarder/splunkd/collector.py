"""The HTTP Event Collector as the management port shows it: is it on, and what may its tokens do.

Sources: Splunk documentation, *Use cURL to manage HTTP Event Collector tokens, events, and services* (tokens are
`data/inputs/http` of the app splunk_httpinput, the switch for all is its entry `http`); inputs.conf.spec, `[http]`.
"""

from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from forwarder.siem.findings import Finding, doubtful, fine, wrong
from forwarder.sinks.splunk import SplunkSettings
from forwarder.splunkd.connection import Splunkd
from forwarder.splunkd.content import is_on, texts
from forwarder.splunkd.server import Server

_EVERYWHERE = {"owner": "-", "app": "-"}
_OWNER, _APP = "nobody", "splunk_httpinput"
_PATH = "data/inputs/http"
_SWITCH = "http"
_KIND = "http://"
_SETTINGS = "Settings > Data inputs > HTTP Event Collector"


class Token(NamedTuple):
    """One HEC token."""

    name: str
    value: str
    """A secret."""
    enabled: bool
    indexes: tuple[str, ...]
    """Those it may write to; none: all."""
    acknowledges: bool
    app: str
    """Where it is kept."""

    def __repr__(self) -> str:
        return f"Token({self.name})"

    def lacks(self, indexes: Iterable[str]) -> list[str]:
        """Those of `indexes` that it may not write to."""
        return [name for name in indexes if self.indexes and name not in self.indexes]


class Collector(NamedTuple):
    """What the management port knows of HEC on its host."""

    enabled: bool
    tokens: tuple[Token, ...]

    def named(self, name: str) -> Token | None:
        """The token of this name."""
        return next((token for token in self.tokens if token.name == name), None)

    def valued(self, value: str) -> Token | None:
        """The token that has this value."""
        return next((token for token in self.tokens if token.value.lower() == value.lower()), None)


def ask_collector(splunkd: Splunkd) -> Collector:
    """One request; needs the capability `edit_token_http`. Raises as `Splunkd.asked`."""
    with splunkd.asked(_PATH):
        entries = splunkd.collection(_PATH).list(**_EVERYWHERE)
    enabled = any(entry.name == _SWITCH and not is_on(entry.content.get("disabled")) for entry in entries)
    return Collector(enabled, tuple(_token(entry) for entry in entries if entry.name != _SWITCH))


def judge_token(server: Server, held: Collector, value: str, settings: SplunkSettings, indexes: list[str]) -> Finding:
    """Whether the configured token is known here, enabled, and may write where events go."""
    subject, token = "HEC token", held.valued(value)
    if token is None:
        told = "the configured token is none of this host's"
        if server.indexes:
            return wrong(subject, f"{told}; set the one that Splunk shows ({_SETTINGS}), or run `splunk install`")
        return doubtful(subject, f"{told}, but {server.elsewhere}: HEC may be on another one")
    if not token.enabled:
        return wrong(subject, f"{token.name} is disabled; enable it ({_SETTINGS})")
    if lacking := token.lacks(indexes):
        return wrong(subject, f"{token.name} may not write to {', '.join(lacking)}; allow it ({_SETTINGS})")
    if token.acknowledges and settings.ack == "off":
        return doubtful(subject, f"{token.name} acknowledges, which ack: off never asks for; set ack: auto")
    if not token.acknowledges and settings.ack == "on":
        return wrong(subject, f"{token.name} does not acknowledge, but ack: on needs it; enable useACK, or ack: auto")
    kept = "acknowledges" if token.acknowledges else "does not acknowledge"
    where = ", ".join(indexes) if token.indexes else "any index"
    return fine(subject, f"{token.name} is enabled, {kept} and may write to {where}")


def judge_switch(server: Server, held: Collector) -> Iterator[Finding]:
    """Whether HEC is on; nothing is said of hosts that do not index."""
    if held.enabled:
        yield fine("HEC", "is enabled")
    elif server.indexes:
        yield wrong("HEC", f"is disabled for all tokens; enable it ({_SETTINGS} > Global Settings)")


def switch_on(splunkd: Splunkd) -> None:
    """Enable HEC. Raises as `Splunkd.asked`."""
    with splunkd.asked("enabling HEC"):
        splunkd.service.post(f"{_PATH}/{_SWITCH}", owner=_OWNER, app=_APP, disabled="0")


def make_token(splunkd: Splunkd, name: str, indexes: list[str], acknowledges: bool, value: str | None) -> Token:
    """A new token, with a value of Splunk's own unless `value` is given. Raises as `Splunkd.asked`."""
    told = {"index": indexes[0], "indexes": ",".join(indexes), "useACK": str(int(acknowledges)), "disabled": "0"}
    with splunkd.asked(f"making HEC token {name}"):
        entries = splunkd.collection(_PATH)
        made = entries.create(name, owner=_OWNER, app=_APP, **told, **({"token": value} if value else {}))
    return _token(made)


def change_token(splunkd: Splunkd, token: Token, indexes: list[str]) -> None:
    """Enable the token and let it write to these indexes too. Raises as `Splunkd.asked`."""
    more = token.lacks(indexes)
    allowed = {"indexes": ",".join([*token.indexes, *more])} if more else {}
    with splunkd.asked(f"changing HEC token {token.name}"):
        splunkd.service.post(f"{_PATH}/{token.name}", owner=_OWNER, app=token.app, disabled="0", **allowed)


def _token(entry: Any) -> Token:
    content = entry.content
    return Token(
        entry.name.removeprefix(_KIND),
        str(content.get("token", "")),
        not is_on(content.get("disabled")),
        texts(content, "indexes"),
        is_on(content.get("useACK")),
        entry.access.app,
    )
