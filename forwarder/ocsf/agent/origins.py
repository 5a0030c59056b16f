"""What a resource and a scope say of all their records: which product, which surface, and what is left of them."""

from typing import Any, NamedTuple

import orjson

from forwarder.ocsf.agent.people import TELLING
from forwarder.ocsf.agent.table import Service, attributes
from forwarder.ocsf.agent.telemetry import Origin
from forwarder.ocsf.core.cleaning import clean, clean_object
from forwarder.privacy import Mode, guarded

_STRANGER = Service("unknown", "otlp", "")


class Known(NamedTuple):
    """An origin as its events show it."""

    app_uid: str
    """`service.name`."""
    app_name: str
    service: Service
    stranger: bool
    """No product of Anthropic's that the table knows."""
    version: str
    product: orjson.Fragment
    application: orjson.Fragment
    endpoint: orjson.Fragment
    reporter: orjson.Fragment
    """The program on somebody's machine that told us: not Anthropic's API."""
    telling: dict[str, str]
    """What the resource says of the human, for records that do not."""
    provider: str
    log_version: str
    left: dict[str, Any]
    """Entries of `unmapped`."""


def known(origin: Origin, mode: Mode) -> Known:
    """The same for all records of a request: worked out once."""
    held = origin.seen
    if held is None or held[0] != mode:
        held = origin.seen = (mode, _known(origin, mode))
    found: Known = held[1]
    return found


def _known(origin: Origin, mode: Mode) -> Known:
    kept, content = guarded(origin.resource, mode)
    resource = clean_object(kept)
    telling = {name: text for name in TELLING if (text := _text(resource, name))}
    name, version = _take(resource, "service.name"), _take(resource, "service.version")
    host = _take(resource, "host.name")
    service = attributes().services.get(name)
    app_name = service.name if service else name or _STRANGER.name
    product = {"vendor_name": "Anthropic", "name": app_name} if service else {"name": app_name}
    application = {"name": app_name, "uid": name} if name else {"name": app_name}
    if version:
        product["version"] = application["version"] = version
    left = {"resource": resource} if resource else {}
    scope = clean_object({**guarded(origin.attributes, mode).kept, **guarded(origin.attributes, mode).content})
    if scope:
        left["scope"] = scope
    if content:
        left["resource_content"] = content
    return Known(
        name,
        app_name,
        service or _STRANGER,
        service is None,
        version,
        _encoded(product),
        _encoded(application),
        _encoded({"name": host or "unknown"}),
        _encoded({"name": app_name}),
        telling,
        _name(origin.scope) or "OpenTelemetry",
        _name(origin.version),
        {key: _encoded(value) for key, value in left.items()},
    )


def _encoded(value: Any) -> orjson.Fragment:
    return orjson.Fragment(orjson.dumps(value))


def _text(held: dict[str, Any], name: str) -> str:
    value = held.get(name)
    return value if value.__class__ is str else ""


def _take(held: dict[str, Any], name: str) -> str:
    """A text taken out of `held`; what is no text stays."""
    if found := _text(held, name):
        del held[name]
    return found


def _name(value: str) -> str:
    """A scope's name or version; what is too long for one is none."""
    return (clean(value) or "") if len(value) <= 256 else ""
