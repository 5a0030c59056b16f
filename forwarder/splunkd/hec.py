"""The HTTP Event Collector: its switch and tokens by the management port, its health at the sink's address.

Sources: Splunk documentation, *Use cURL to manage HTTP Event Collector tokens, events, and services* (tokens are
`data/inputs/http` of the app splunk_httpinput, the global switch is its entry `http`), *HTTP Event Collector REST API
endpoints* (`services/collector/health`); inputs.conf.spec, `[http]`.
"""

from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

import httpx
import orjson

from forwarder.connection_errors import explain
from forwarder.http_client import new_client, redirect_text
from forwarder.siem.check import SiemFinding, failure, ok, warning
from forwarder.sinks.splunk import SplunkSettings
from forwarder.splunkd.connection import Splunkd, is_on, texts
from forwarder.splunkd.server import SplunkServer, sink_indexes

_EVERYWHERE = {"owner": "-", "app": "-"}
_OWNER, _APP = "nobody", "splunk_httpinput"
_PATH = "data/inputs/http"
_GLOBAL = "http"
_KIND = "http://"
_SETTINGS = "Settings > Data inputs > HTTP Event Collector"
_HEALTH_PATH = "/services/collector/health"
_MOST_BYTES = 64 * 1024
_TIMEOUT = httpx.Timeout(20.0, connect=10.0)
HEALTH = "HEC health"
"""Subject of the finding."""


class HecToken(NamedTuple):
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
        return f"HecToken({self.name})"

    def missing(self, indexes: Iterable[str]) -> list[str]:
        """Those of `indexes` that it may not write to."""
        return [name for name in indexes if self.indexes and name not in self.indexes]


class HecState(NamedTuple):
    """HEC on the host of the management port."""

    enabled: bool
    tokens: tuple[HecToken, ...]

    def named(self, name: str) -> HecToken | None:
        """The token of this name."""
        return next((token for token in self.tokens if token.name == name), None)

    def with_value(self, value: str) -> HecToken | None:
        """The token with this value."""
        return next((token for token in self.tokens if token.value.lower() == value.lower()), None)


def read_hec(splunkd: Splunkd) -> HecState:
    """One request; needs the capability `edit_token_http`. Raises as `Splunkd.request`."""
    with splunkd.request(_PATH):
        entries = splunkd.collection(_PATH).list(**_EVERYWHERE)
    enabled = any(entry.name == _GLOBAL and not is_on(entry.content.get("disabled")) for entry in entries)
    return HecState(enabled, tuple(_token(entry) for entry in entries if entry.name != _GLOBAL))


def check_hec_token(server: SplunkServer, hec: HecState, value: str, settings: SplunkSettings) -> SiemFinding:
    """Whether the configured token exists, is enabled, and may write to the indexes of the streams."""
    subject, token, indexes = "HEC token", hec.with_value(value), list(sink_indexes(settings))
    if token is None:
        text = "the configured token does not exist on this host"
        if server.indexes:
            return failure(subject, f"{text}; set one that Splunk lists ({_SETTINGS}), or run `splunk install`")
        return warning(subject, f"{text}, but {server.indexed_elsewhere}: HEC may run on another host")
    if not token.enabled:
        return failure(subject, f"{token.name} is disabled; enable it ({_SETTINGS})")
    if missing := token.missing(indexes):
        return failure(subject, f"{token.name} may not write to {', '.join(missing)}; allow it ({_SETTINGS})")
    if token.acknowledges and settings.ack == "off":
        return warning(subject, f"{token.name} acknowledges, but ack: off never uses it; set ack: auto")
    if not token.acknowledges and settings.ack == "on":
        return failure(subject, f"{token.name} does not acknowledge, but ack: on needs it; enable useACK, or ack: auto")
    ack = "acknowledges" if token.acknowledges else "does not acknowledge"
    where = ", ".join(indexes) if token.indexes else "any index"
    return ok(subject, f"{token.name} is enabled, {ack} and may write to {where}")


def check_hec_enabled(server: SplunkServer, hec: HecState) -> Iterator[SiemFinding]:
    """Whether HEC is enabled; no finding for a host that does not index."""
    if hec.enabled:
        yield ok("HEC", "is enabled")
    elif server.indexes:
        yield failure("HEC", f"is disabled for all tokens; enable it ({_SETTINGS} > Global Settings)")


def enable_hec(splunkd: Splunkd) -> None:
    """Enable HEC. Raises as `Splunkd.request`."""
    with splunkd.request("enabling HEC"):
        splunkd.service.post(f"{_PATH}/{_GLOBAL}", owner=_OWNER, app=_APP, disabled="0")


def create_token(splunkd: Splunkd, name: str, indexes: list[str], acknowledges: bool, value: str | None) -> HecToken:
    """A new token; Splunk chooses the value unless `value` is given. Raises as `Splunkd.request`."""
    options = {"index": indexes[0], "indexes": ",".join(indexes), "useACK": str(int(acknowledges)), "disabled": "0"}
    with splunkd.request(f"creating HEC token {name}"):
        entries = splunkd.collection(_PATH)
        entry = entries.create(name, owner=_OWNER, app=_APP, **options, **({"token": value} if value else {}))
    return _token(entry)


def change_token(splunkd: Splunkd, token: HecToken, indexes: list[str]) -> None:
    """Enable the token and allow these indexes too. Raises as `Splunkd.request`."""
    more = token.missing(indexes)
    allowed = {"indexes": ",".join([*token.indexes, *more])} if more else {}
    with splunkd.request(f"changing HEC token {token.name}"):
        splunkd.service.post(f"{_PATH}/{token.name}", owner=_OWNER, app=token.app, disabled="0", **allowed)


def _token(entry: Any) -> HecToken:
    content = entry.content
    return HecToken(
        entry.name.removeprefix(_KIND),
        str(content.get("token", "")),
        not is_on(content.get("disabled")),
        texts(content, "indexes"),
        is_on(content.get("useACK")),
        entry.access.app,
    )


def check_health(sink: str, settings: SplunkSettings) -> SiemFinding:
    """One request, without a token. Raises `Misconfigured` for an unreadable `ca_file`."""
    where = f"sinks.{sink}.url"
    try:
        with new_client(settings.url, settings.context(), most_bytes=_MOST_BYTES, timeout=_TIMEOUT) as client:
            answer = client.get(settings.url + _HEALTH_PATH)
    except httpx.HTTPError as error:
        return failure(HEALTH, f"{explain(error, settings.url, where)}; is HEC enabled?")
    if redirect := redirect_text(answer.status_code, answer.headers):
        return failure(HEALTH, f"{settings.url}: {redirect}; check {where}")
    text = f"{settings.url} answers HTTP {answer.status_code}, {_health_text(answer.content)}"
    if answer.is_success:
        return ok(HEALTH, text)
    if answer.status_code == 503:
        return failure(HEALTH, f"{text}: its indexers fall behind; events are kept until they are accepted")
    return failure(HEALTH, f"{text}: not an HTTP Event Collector; check {where}")


def _health_text(body: bytes) -> str:
    try:
        return str(orjson.loads(body)["text"])
    except (orjson.JSONDecodeError, KeyError, TypeError):
        return "without a message of HEC"
