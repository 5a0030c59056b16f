"""Who asks and who sends, by what their tokens say.

Source: Microsoft identity platform, *Access token claims reference*: `oid` is the object id of the service principal,
`appid` or `azp` the application. A token is meant for the API that it is for; it is read here to tell, never to trust.
"""

import base64
import json
from typing import Any, NamedTuple

from forwarder.azure.connection import Azure
from forwarder.config import Secret
from forwarder.errors import Misconfigured, Reject
from forwarder.siem.findings import Finding, fine
from forwarder.sinks.sentinel.credential import build_credential, cloud, transport_options


class Identity(NamedTuple):
    """A service principal, a managed identity or a user."""

    object_id: str
    application: str
    """Client id of the application; of a user: that of the program that signed in."""

    def __str__(self) -> str:
        return f"object id {self.object_id}, application {self.application or 'unknown'}"


def ask_operator(azure: Azure) -> Identity:
    """Who asks Azure. Raises as `Azure.asked`."""
    with azure.asked("a token for Resource Manager"):
        return _identity(azure.credential.get_token(cloud(azure.settings).resource_manager_scope).token)


def ask_forwarder(azure: Azure) -> Identity:
    """Who sends the events: the sink's own credential. Raises as `Azure.asked`."""
    told, place = azure.settings, f"sinks.{azure.sink}"
    secret = Secret(f"{place}.client_secret", told.client_secret, told.client_secret_file)
    with azure.asked("a token for the ingestion address", place):
        try:
            credential = build_credential(told, secret, told.authority, transport_options(told))
        except (ValueError, OSError) as error:
            raise Misconfigured(f"{place}: a setting is refused by Azure's client: {error}") from None
        return _identity(credential.get_token(cloud(told).ingestion_scope).token)


def judge_operator(identity: Identity) -> Finding:
    """A token was given."""
    return fine("who asks", f"a token was given to {identity}")


def judge_forwarder(azure: Azure, identity: Identity) -> Finding:
    """A token was given; whether to the forwarder depends on the machine where the settings name nobody."""
    told = f"a token was given to {identity}"
    if azure.settings.client_id:
        return fine("who sends", told)
    return fine("who sends", f"{told}, which is what this machine has: ask where the forwarder runs")


def _identity(token: str) -> Identity:
    claims = _claims(token)
    if not claims.get("oid"):
        raise Reject("token", "a token was given, but it does not say to whom (no claim oid)")
    return Identity(str(claims["oid"]), str(claims.get("appid") or claims.get("azp") or ""))


def _claims(token: str) -> dict[str, Any]:
    part = token.split(".")[1] if token.count(".") == 2 else ""
    try:
        claims = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    except ValueError:
        return {}
    return claims if isinstance(claims, dict) else {}
