"""Where telemetry comes from and who acted: product and surface of a resource, the human behind a record, the agent.

Invariant: the human and the agent never share a row. `actor.user` is the human (or the installation, where there is no
account); the agent is in `actor.app_*`, `unmapped.ai_agent` and `unmapped.delegation`, in the shapes of OCSF 1.9.0.
Source: Claude Code, Monitoring, Standard attributes: `user.account_id` is the Compliance API's `actor.user_id`.
"""

import hashlib
from collections.abc import Mapping, Set
from functools import lru_cache
from typing import Any, NamedTuple

import orjson

from forwarder.ocsf.agent.attributes import TelemetryService, attribute_types
from forwarder.ocsf.agent.telemetry import Origin
from forwarder.ocsf.core.captions import USER_TYPES
from forwarder.ocsf.core.envelope import EventLog, fragment, metadata, observable
from forwarder.ocsf.core.values import clean, clean_object, is_email, take_text, whole
from forwarder.privacy import Mode, guarded
from forwarder.records import UID_VARIANTS, Receipt

SIGNALS = ("events", "spans", "metrics")
IDENTITY = (
    "user.account_id",
    "user.account_uuid",
    "user.email",
    "organization.id",
    "session.id",
    "terminal.type",
    "user.id",
    "enduser.id",
)
"""Attributes that identify the human, in the order of `telemetry_actor`'s arguments."""
IN_ACTOR = IDENTITY[:6]
"""Those whose whole value always has a place in `actor`."""
_LONGEST_CACHED = 2048
"""Characters, together."""
_UNKNOWN = TelemetryService("unknown", "otlp", "")


class KnownOrigin(NamedTuple):
    """An origin as its events show it."""

    digest: str
    """The resource as one text, for the records' uids."""
    hashes: dict[bytes, Any]
    """Namespace → SHA-1 of it and the digest: a resource, however long, is hashed once, not once a record."""
    app_uid: str
    """`service.name`."""
    app_name: str
    service: TelemetryService
    unknown: bool
    """The table does not hold this product."""
    version: str
    logs: Mapping[str, EventLog]
    """By signal. The reporter is the program on the user's machine, not Anthropic's API."""
    application: orjson.Fragment
    endpoint: orjson.Fragment
    identity: dict[str, str]
    """The resource's `IDENTITY`, for records without their own."""
    attributes: Set[str]
    """Names of the resource's attributes."""
    unmapped: dict[str, Any]
    guarded: bool
    """Whether the mode keeps no long text, of whatever attribute."""

    def uid(self, space: bytes, record: str) -> str:
        """`metadata.uid` of one of its records: `records.event_uid` of the digest and `record`."""
        begun = self.hashes.get(space)
        if begun is None:
            beginning = space + self.digest.encode("utf-8", "replace")
            begun = self.hashes[space] = hashlib.sha1(beginning, usedforsecurity=False)
        full = begun.copy()
        full.update(record.encode("utf-8", "replace"))
        h = full.hexdigest()
        return f"{h[:8]}-{h[8:12]}-5{h[13:16]}-{UID_VARIANTS[h[16]]}{h[17:20]}-{h[20:32]}"

    def cacheable(self, *texts: str | None) -> bool:
        """Whether what is derived from these texts may be cached: thousands of long ones would fill the memory."""
        return self.guarded or sum(map(len, filter(None, texts))) <= _LONGEST_CACHED

    def explains(self, rest: Mapping[str, Any], documented: Set[str]) -> bool:
        """Whether each attribute is documented or the resource's own: an operator's, which SDKs copy to records."""
        return rest.keys() - documented <= self.attributes


class TelemetryActor(NamedTuple):
    """The human of a record, in OCSF's attributes. Shared between events: never changed."""

    encoded: orjson.Fragment
    """`actor` as JSON."""
    user: dict[str, Any]
    name: str | None
    uid: str | None
    session: str | None
    organization: str | None
    observables: tuple[orjson.Fragment, ...]
    by_install: bool
    """The uid is `user.id`: there is no account."""


def known_origin(origin: Origin, mode: Mode) -> KnownOrigin:
    """Derived once for all records of an origin."""
    if origin.known is None or origin.known[0] != mode:
        origin.known = (mode, _derived(origin, mode))
    known: KnownOrigin = origin.known[1]
    return known


def human(rest: dict[str, Any], origin: KnownOrigin) -> TelemetryActor:
    """The human of a record, by its own attributes or else those of the resource."""
    shared = origin.identity
    given = [value if (value := rest.get(name)).__class__ is str and value else shared.get(name) for name in IDENTITY]
    derive = telemetry_actor if origin.cacheable(*given) else telemetry_actor.__wrapped__
    actor: TelemetryActor = derive(origin.app_uid, origin.app_name, *given)
    return actor


@lru_cache(maxsize=8192)
def telemetry_actor(
    app_uid: str,
    app_name: str,
    account: str | None,
    account_uuid: str | None,
    email: str | None,
    organization: str | None,
    session: str | None,
    terminal: str | None,
    install: str | None,
    enduser: str | None,
) -> TelemetryActor:
    """The human by account, else by the operator's own id (`enduser.id`), else by installation."""
    user: dict[str, Any] = {}
    uid = account or account_uuid or enduser or install
    name = email or enduser
    if uid:
        user["uid"] = uid
    if account_uuid and account_uuid != uid:
        user["uid_alt"] = account_uuid
    if name or not uid:
        user["name"] = name or "unknown"
    if name and is_email(name):
        user["email_addr"] = name
    if organization:
        user["org"] = {"uid": organization}
    type_id = 1 if user.get("name") != "unknown" or uid else 0
    user |= {"type": USER_TYPES[type_id], "type_id": type_id}
    actor: dict[str, Any] = {"user": user, "app_name": app_name}
    if app_uid:
        actor["app_uid"] = app_uid
    if used := _without_empty({"uid": session, "terminal": terminal}):
        actor["session"] = used
    candidates = (
        observable("actor.user.uid", "User Object: uid", user.get("uid")),
        observable("actor.user.email_addr", "Email Address", user.get("email_addr")),
    )
    return TelemetryActor(
        encoded=fragment(actor),
        user=user,
        name=name,
        uid=uid,
        session=session,
        organization=organization,
        observables=tuple(fragment(candidate) for candidate in candidates if candidate["value"]),
        by_install=uid is not None and uid == install,
    )


@lru_cache(maxsize=8192)
def agency(
    app_uid: str, name: str, version: str, session: str | None, prompt: str | None, issuer: str | None
) -> dict[str, orjson.Fragment]:
    """`ai_agent`, and the `delegation` by which it acts: the prompt within the session, else the session."""
    agent = {"uid": app_uid or name, "name": name, "type_id": 1, "type": "Native"}
    agent |= _without_empty({"instance_uid": session, "version": version})
    parent = session if prompt else None
    delegation = _without_empty({"uid": prompt or session, "parent_uid": parent, "issuer_uid": issuer})
    found = {"ai_agent": fragment(agent)}
    return found | {"delegation": fragment(delegation)} if "uid" in delegation else found


def origin_metadata(
    uid: str,
    code: str,
    signal: str,
    rest: dict[str, Any],
    origin: KnownOrigin,
    actor: TelemetryActor,
    receipt: Receipt,
    client_time: str | None,
) -> dict[str, Any]:
    """`metadata` of a record. Takes its time and sequence number out of `rest`.

    `client_time`: the client's time, where the event has another.
    """
    sequence = whole(rest.get("event.sequence"))
    if sequence is not None:
        del rest["event.sequence"]
    return metadata(
        uid,
        code,
        origin.logs[signal],
        receipt,
        original_time=take_text(rest, "event.timestamp") or client_time,
        sequence=sequence,
        organization=actor.organization,
        correlation=actor.session,
    )


def canonical(value: Any) -> str:
    """A value as one text, equal for equal values."""
    try:
        return orjson.dumps(value, option=orjson.OPT_SORT_KEYS).decode()
    except orjson.JSONEncodeError:  # an integer beyond 64 bits, a lone surrogate, deep nesting
        return repr(sorted(value.items()) if isinstance(value, Mapping) else value)


def _derived(origin: Origin, mode: Mode) -> KnownOrigin:
    kept, content = guarded(origin.resource, mode)
    resource = clean_object(kept)
    identity = {name: value for name in IDENTITY if (value := resource.get(name)).__class__ is str}
    uid, version = take_text(resource, "service.name") or "", take_text(resource, "service.version") or ""
    host = take_text(resource, "host.name")
    service = attribute_types().services.get(uid)
    name = service.name if service else uid or _UNKNOWN.name
    scope = guarded(origin.attributes, mode)
    unmapped = {
        "resource": resource,
        "scope": clean_object({**scope.kept, **scope.content}),
        "resource_content": content,
    }
    return KnownOrigin(
        digest=canonical(origin.resource),
        hashes={},
        app_uid=uid,
        app_name=name,
        service=service or _UNKNOWN,
        unknown=service is None,
        version=version,
        logs=_logs(origin, service, name, version),
        application=fragment(_without_empty({"name": name, "uid": uid, "version": version})),
        endpoint=fragment({"name": host or "unknown"}),
        identity=identity,
        attributes=kept.keys(),
        unmapped={key: fragment(value) for key, value in unmapped.items() if value},
        guarded=mode != "full",
    )


def _logs(origin: Origin, service: TelemetryService | None, name: str, version: str) -> dict[str, EventLog]:
    vendor = "Anthropic" if service else ""
    product = fragment(_without_empty({"vendor_name": vendor, "name": name, "version": version}))
    provider, scope_version, reporter = _short(origin.scope), _short(origin.version), fragment({"name": name})
    return {
        signal: EventLog(
            product,
            f"{(service or _UNKNOWN).log}.{signal}",
            provider or "OpenTelemetry",
            "OTLP",
            reporter,
            scope_version,
        )
        for signal in SIGNALS
    }


def _without_empty(fields: dict[str, str | None]) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if value}


def _short(value: str) -> str:
    """A scope's name or version; a text too long for one is left out."""
    return (clean(value) or "") if len(value) <= 256 else ""
