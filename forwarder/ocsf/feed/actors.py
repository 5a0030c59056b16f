"""Who did it: each of the feed's actor variants as an OCSF actor, a table walked by `read_actor`.

Source: Compliance API reference, List activities, `actor`. What has no attribute stays under `unmapped.actor`,
always with the source's own word for the variant in `unmapped.actor.type`.
"""

from functools import lru_cache
from typing import Any, NamedTuple

import orjson

from forwarder.ocsf.core.captions import USER_TYPES, observable
from forwarder.ocsf.core.checks import is_email, is_ip
from forwarder.ocsf.core.cleaning import clean


class Variant(NamedTuple):
    """Which fields of one actor variant name its OCSF user."""

    type_id: int
    uid: str = ""
    email: str = ""
    name: str = ""
    """Field that names it. A variant without one is called by `called`."""
    called: str = ""
    credential: str = ""
    """Kind of the credential that `uid` is, where the actor is one."""
    issuer: str = ""
    """Field that names the identity provider vouching for it."""
    app: str = ""
    """Field that names the application it came through."""
    provider: str = ""
    """Field that holds the cloud account it acts for."""
    others: frozenset[str] = frozenset()
    """Fields that stay in `unmapped.actor`."""


VARIANTS: dict[str, Variant] = {
    "user_actor": Variant(1, uid="user_id", email="email_address"),
    "unauthenticated_user_actor": Variant(0, email="unauthenticated_email_address", called="unauthenticated"),
    "api_actor": Variant(4, uid="api_key_id", credential="API Key"),
    "admin_api_key_actor": Variant(4, uid="admin_api_key_id", credential="Admin API Key"),
    "service_account_actor": Variant(4, uid="service_account_id"),
    "anthropic_actor": Variant(3, email="email_address", called="Anthropic"),
    "system_actor": Variant(3, called="Anthropic", app="service"),
    "scim_directory_sync_actor": Variant(
        4,
        uid="directory_id",
        called="SCIM directory sync",
        app="idp_connection_type",
        others=frozenset({"workos_event_id"}),
    ),
    "federated_identity_actor": Variant(4, uid="subject", issuer="issuer", others=frozenset({"audience"})),
    "federated_actor": Variant(
        4, uid="subject", called="federated identity", provider="provider", others=frozenset({"provider"})
    ),
    "attested_device_actor": Variant(
        4, uid="external_client_id", called="attested device", others=frozenset({"kid_hash"})
    ),
}


class Cloud(NamedTuple):
    """Which field of a federated actor's provider names the account, and OCSF's type of account."""

    field: str
    type_id: int
    caption: str


CLOUDS = {
    "aws": Cloud("account_id", 10, "AWS Account"),
    "gcp": Cloud("project_number", 11, "GCP Project"),
    "azure": Cloud("subscription_id", 13, "Azure Subscription"),
}
UNKNOWN = Variant(0, called="unknown")
_NOBODY = ("unknown", "unauthenticated")
_COMMON = frozenset({"type", "ip_address", "user_agent"})


class Actor(NamedTuple):
    """One actor in OCSF's attributes, and what of it has none."""

    attributes: dict[str, Any]
    user: dict[str, Any]
    name: str | None
    """E-mail address or name; `None` where the source gives none."""
    uid: str | None
    kind: str | None
    ip: str | None
    endpoint: orjson.Fragment | None
    """`src_endpoint` as JSON."""
    agent: str | None
    request: orjson.Fragment | None
    """`http_request` as JSON."""
    unmapped: Any
    known: bool
    encoded: orjson.Fragment
    """`attributes` as JSON."""
    observables: tuple[orjson.Fragment, ...]
    """Its address, id and e-mail address where they stand in the event, as JSON."""


def read_actor(raw: Any) -> Actor:
    """The actor of an activity, whatever JSON value stands in its place. Shared between events: never changed."""
    if raw.__class__ is not dict:
        return _actor({"user": _user(UNKNOWN, {})}, None, None, None, clean(raw), raw is None)
    try:
        text = orjson.dumps(raw)
    except orjson.JSONEncodeError:  # what `clean` is for: too long an integer, a lone surrogate
        return _read(raw)
    if b"null" in text:  # a float that is not finite is written as null
        return _read(raw)
    return _remembered(text.decode())


@lru_cache(maxsize=4096)
def _remembered(text: str) -> Actor:
    """The same people and keys act again and again; their JSON text, unlike their values, tells 1 from true."""
    return _read(orjson.loads(text))


def _read(raw: dict[str, Any]) -> Actor:
    rest = dict(raw)
    kind = rest.get("type")
    variant = VARIANTS.get(kind, UNKNOWN) if kind.__class__ is str else UNKNOWN
    ip, agent = _take_ip(rest), take_text(rest, "user_agent")
    attributes = _attributes(variant, _user(variant, rest), rest)
    known = variant is not UNKNOWN and (len(rest) == 1 or _expected(variant, rest))
    return _actor(attributes, kind if kind.__class__ is str else None, ip, agent, _leftover(rest), known)


def _actor(
    attributes: dict[str, Any], kind: str | None, ip: str | None, agent: str | None, unmapped: Any, known: bool
) -> Actor:
    user = attributes["user"]
    name, uid = user.get("name"), user.get("uid")
    told = (
        observable("src_endpoint.ip", "IP Address", ip),
        observable("actor.user.uid", "User Object: uid", uid),
        observable("actor.user.email_addr", "Email Address", user.get("email_addr")),
    )
    return Actor(
        attributes,
        user,
        None if name in _NOBODY else name,
        uid,
        kind,
        ip,
        _fragment({"ip": ip}) if ip else None,
        agent,
        _fragment({"user_agent": agent}) if agent else None,
        unmapped,
        known,
        _fragment(attributes),
        tuple(_fragment(one) for one in told if one["value"]),
    )


def _fragment(value: dict[str, Any]) -> orjson.Fragment:
    """As JSON, in bytes of its own size: those of orjson occupy kilobytes, however short, and an actor is kept."""
    return orjson.Fragment(bytes(memoryview(orjson.dumps(value))))


def _attributes(variant: Variant, user: dict[str, Any], rest: dict[str, Any]) -> dict[str, Any]:
    attributes: dict[str, Any] = {"user": user}
    if variant.provider and (account := _take_account(rest, variant.provider)):
        user["account"] = account
    if variant.issuer and (issuer := take_text(rest, variant.issuer)):
        attributes["idp"] = {"name": issuer}
    if variant.app and (app := take_text(rest, variant.app)):
        attributes["app_name"] = app
    return attributes


def _take_account(rest: dict[str, Any], field: str) -> dict[str, Any] | None:
    """The cloud account in `{"type": "aws", "account_id": …}`; what else is in it stays."""
    held = rest[field] if rest.get(field).__class__ is dict else {}
    cloud = CLOUDS.get(held["type"]) if held.get("type").__class__ is str else None
    uid = held.get(cloud.field) if cloud else None
    if cloud is None or uid.__class__ is not str or not uid:
        return None
    rest[field] = {name: value for name, value in held.items() if name != cloud.field}
    return {"uid": uid, "type": cloud.caption, "type_id": cloud.type_id}


def _expected(variant: Variant, rest: dict[str, Any]) -> bool:
    """Whether all that is left of the actor is documented to stay."""
    return all(name in _COMMON or name in variant.others or not value for name, value in rest.items())


def _user(variant: Variant, rest: dict[str, Any]) -> dict[str, Any]:
    user: dict[str, Any] = {}
    if variant.uid and (uid := take_text(rest, variant.uid)):
        user["uid"] = uid
        if variant.credential:
            user["programmatic_credentials"] = [{"uid": uid, "type": variant.credential}]
    email = take_text(rest, variant.email) if variant.email else None
    if email:
        user["name"] = email
        if is_email(email):
            user["email_addr"] = email
    elif variant.called:
        user["name"] = variant.called
    elif not user:
        user["name"] = UNKNOWN.called
    user["type"] = USER_TYPES[variant.type_id]
    user["type_id"] = variant.type_id
    return user


def take_text(rest: dict[str, Any], name: str) -> str | None:
    """A field's text, taken out of `rest`; `None` for an empty one. What is no text stays."""
    value = rest.get(name)
    if value.__class__ is not str:
        return None
    del rest[name]
    return value or None


def _take_ip(rest: dict[str, Any]) -> str | None:
    value = rest.get("ip_address")
    if value.__class__ is not str or not is_ip(value):
        return None
    del rest["ip_address"]
    return str(value)


def _leftover(rest: dict[str, Any]) -> dict[str, Any]:
    kept: dict[str, Any] = {}
    for name, value in rest.items():
        if value.__class__ is str:
            if value:
                kept[name] = value
        elif (value := clean(value)) is not None:
            kept[name] = value
    return kept
