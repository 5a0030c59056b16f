"""Who acted: each variant of the API's actor objects as an OCSF actor. A table, applied by `read_actor`.

Source: Compliance API reference, List activities, `actor`; Admin API reference, Claude Code Usage Report, `actor`.
Fields without an attribute stay in `unmapped.actor`, with the API's own word for the variant in `unmapped.actor.type`.
"""

from functools import lru_cache
from typing import Any, NamedTuple

import orjson

from forwarder.ocsf.core.captions import USER_TYPES
from forwarder.ocsf.core.envelope import fragment, observable
from forwarder.ocsf.core.values import clean, is_email, is_ip, take_text


class ActorVariant(NamedTuple):
    """Which fields of one actor variant name its OCSF user."""

    type_id: int
    uid: str = ""
    email: str = ""
    called: str = ""
    """Its name where the record gives no e-mail address."""
    credential: str = ""
    """Type of the credential, where the actor is one: then `uid` identifies it."""
    issuer: str = ""
    """Field that names its identity provider."""
    app: str = ""
    """Field that names the application used."""
    provider: str = ""
    """Field that holds the cloud account it acts for."""
    others: frozenset[str] = frozenset()
    """Fields that stay in `unmapped.actor`."""


VARIANTS: dict[str, ActorVariant] = {
    "user_actor": ActorVariant(1, uid="user_id", email="email_address"),
    "unauthenticated_user_actor": ActorVariant(0, email="unauthenticated_email_address", called="unauthenticated"),
    "api_actor": ActorVariant(4, uid="api_key_id", credential="API Key"),
    "admin_api_key_actor": ActorVariant(4, uid="admin_api_key_id", credential="Admin API Key"),
    "service_account_actor": ActorVariant(4, uid="service_account_id"),
    "anthropic_actor": ActorVariant(3, email="email_address", called="Anthropic"),
    "system_actor": ActorVariant(3, called="Anthropic", app="service"),
    "scim_directory_sync_actor": ActorVariant(
        4,
        uid="directory_id",
        called="SCIM directory sync",
        app="idp_connection_type",
        others=frozenset({"workos_event_id"}),
    ),
    "federated_identity_actor": ActorVariant(4, uid="subject", issuer="issuer", others=frozenset({"audience"})),
    "federated_actor": ActorVariant(
        4, uid="subject", called="federated identity", provider="provider", others=frozenset({"provider"})
    ),
    "attested_device_actor": ActorVariant(
        4, uid="external_client_id", called="attested device", others=frozenset({"kid_hash"})
    ),
}


class CloudAccountType(NamedTuple):
    """Which field of a federated actor's provider names the account, and OCSF's type of account."""

    field: str
    type_id: int
    caption: str


CLOUDS = {
    "aws": CloudAccountType("account_id", 10, "AWS Account"),
    "gcp": CloudAccountType("project_number", 11, "GCP Project"),
    "azure": CloudAccountType("subscription_id", 13, "Azure Subscription"),
}
UNKNOWN = ActorVariant(0, called="unknown")
NOBODY: dict[str, Any] = {"name": UNKNOWN.called, "type": USER_TYPES[0], "type_id": 0}
"""The user where the source does not show who acted or was acted on."""
NOWHERE = {"name": "unknown"}
"""The endpoint where the source does not show it."""
_UNNAMED = ("unknown", "unauthenticated")
_LONGEST_CACHED = 4096
"""Bytes of an actor: a user agent may be of any length, and the cache holds thousands."""
_COMMON = frozenset({"type", "ip_address", "user_agent"})


class Actor(NamedTuple):
    """One actor in OCSF's attributes, and the fields without one. Shared between events: never changed."""

    attributes: dict[str, Any]
    user: dict[str, Any]
    name: str | None
    """E-mail address or name; `None` where the source gives none."""
    uid: str | None
    type: str | None
    """The API's word for the variant."""
    ip: str | None
    user_agent: str | None
    unmapped: Any
    known: bool
    """Whether every field of it is documented."""
    encoded: orjson.Fragment
    """`attributes` as JSON."""
    endpoint: orjson.Fragment | None
    """`src_endpoint` as JSON."""
    request: orjson.Fragment | None
    """`http_request` as JSON."""
    observables: tuple[orjson.Fragment, ...]
    """Observables of its IP address, id and e-mail address, as JSON."""


def read_actor(raw: Any) -> Actor:
    """The actor of a record, whatever JSON value its field holds."""
    if raw.__class__ is not dict:
        return _actor({"user": _user(UNKNOWN, {})}, None, None, None, clean(raw), raw is None)
    try:
        encoded = orjson.dumps(raw)
    except orjson.JSONEncodeError:  # too long an integer, a lone surrogate: `clean` handles them
        return _read(raw)
    if b"null" in encoded:  # orjson writes a float that is not finite as null
        return _read(raw)
    return _cached(encoded.decode()) if len(encoded) <= _LONGEST_CACHED else _read(raw)


@lru_cache(maxsize=4096)
def _cached(encoded: str) -> Actor:
    """The same people and keys act again and again. The key is JSON text: unlike values, it keeps 1 and true apart."""
    return _read(orjson.loads(encoded))


def _read(raw: dict[str, Any]) -> Actor:
    rest = dict(raw)
    word = rest.get("type")
    variant = VARIANTS.get(word, UNKNOWN) if word.__class__ is str else UNKNOWN
    ip, user_agent = _take_ip(rest), take_text(rest, "user_agent")
    attributes = _attributes(variant, _user(variant, rest), rest)
    known = variant is not UNKNOWN and (len(rest) == 1 or _documented(variant, rest))
    return _actor(attributes, word if word.__class__ is str else None, ip, user_agent, _unmapped(rest), known)


def _actor(
    attributes: dict[str, Any], word: str | None, ip: str | None, user_agent: str | None, unmapped: Any, known: bool
) -> Actor:
    user = attributes["user"]
    name = user.get("name")
    candidates = (
        observable("src_endpoint.ip", "IP Address", ip),
        observable("actor.user.uid", "User Object: uid", user.get("uid")),
        observable("actor.user.email_addr", "Email Address", user.get("email_addr")),
    )
    return Actor(
        attributes=attributes,
        user=user,
        name=None if name in _UNNAMED else name,
        uid=user.get("uid"),
        type=word,
        ip=ip,
        user_agent=user_agent,
        unmapped=unmapped,
        known=known,
        encoded=fragment(attributes),
        endpoint=fragment({"ip": ip}) if ip else None,
        request=fragment({"user_agent": user_agent}) if user_agent else None,
        observables=tuple(fragment(candidate) for candidate in candidates if candidate["value"]),
    )


def _attributes(variant: ActorVariant, user: dict[str, Any], rest: dict[str, Any]) -> dict[str, Any]:
    attributes: dict[str, Any] = {"user": user}
    if variant.provider and (account := _take_account(rest, variant.provider)):
        user["account"] = account
    if variant.issuer and (issuer := take_text(rest, variant.issuer)):
        attributes["idp"] = {"name": issuer}
    if variant.app and (app := take_text(rest, variant.app)):
        attributes["app_name"] = app
    return attributes


def _take_account(rest: dict[str, Any], field: str) -> dict[str, Any] | None:
    """The cloud account in `{"type": "aws", "account_id": …}`; its other fields stay."""
    held = rest[field] if rest.get(field).__class__ is dict else {}
    cloud = CLOUDS.get(held["type"]) if held.get("type").__class__ is str else None
    uid = held.get(cloud.field) if cloud else None
    if cloud is None or uid.__class__ is not str or not uid:
        return None
    rest[field] = {name: value for name, value in held.items() if name != cloud.field}
    return {"uid": uid, "type": cloud.caption, "type_id": cloud.type_id}


def _documented(variant: ActorVariant, rest: dict[str, Any]) -> bool:
    """Whether every remaining field is documented for the variant or empty."""
    return all(name in _COMMON or name in variant.others or not value for name, value in rest.items())


def _user(variant: ActorVariant, rest: dict[str, Any]) -> dict[str, Any]:
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


def _take_ip(rest: dict[str, Any]) -> str | None:
    value = rest.get("ip_address")
    if value.__class__ is not str or not is_ip(value):
        return None
    del rest["ip_address"]
    return str(value)


def _unmapped(rest: dict[str, Any]) -> dict[str, Any]:
    kept: dict[str, Any] = {}
    for name, value in rest.items():
        if value.__class__ is str:
            if value:
                kept[name] = value
        elif (value := clean(value)) is not None:
            kept[name] = value
    return kept
