"""Microsoft Entra's client-credentials token endpoint of one tenant (`/{tenant}/oauth2/v2.0/token`).

And the endpoint from which a machine with a managed identity takes its token. A token is for one API. It is a JWT with
`oid` and `appid` of who asked, as Entra's are (page: Access token claims reference); its signature means nothing.
"""

import base64
import json
import secrets
from typing import NamedTuple
from urllib.parse import parse_qs

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from forwarder.simulator.clock import SECOND, SimulatedClock
from forwarder.simulator.http import Answer, Request
from forwarder.simulator.server import json_answer

TENANT_ID = "aaaaaaaa-0000-4000-8000-00000000000a"
CLIENT_ID = "aaaaaaaa-0000-4000-8000-00000000000c"
CLIENT_SECRET = "simulated-client-secret"  # noqa: S105  the simulator's own
OBJECT_ID = "aaaaaaaa-0000-4000-8000-00000000000b"
INGESTION_SCOPE = "https://monitor.azure.com/.default"
MANAGEMENT_SCOPE = "https://management.azure.com/.default"
QUERY_SCOPE = "https://api.loganalytics.io/.default"


class Application(NamedTuple):
    """Who may sign in: its secret, and the object id of its service principal."""

    secret: str
    object_id: str


class TokenIssuer:
    """Gives tokens that live `lifetime` simulated seconds, and knows which still hold."""

    def __init__(self, clock: SimulatedClock, lifetime: int = 3600) -> None:
        self._clock = clock
        self.lifetime = lifetime
        self.tenant_id = TENANT_ID
        self.applications = {CLIENT_ID: Application(CLIENT_SECRET, OBJECT_ID)}
        """By client id."""
        self.scope = INGESTION_SCOPE
        self.other_scopes = {MANAGEMENT_SCOPE, QUERY_SCOPE}
        self.certificate: x509.Certificate | None = None
        self.federated_token = "simulated-federated-token"  # noqa: S105  the simulator's own
        self.machine_secret = "simulated-machine-secret"  # noqa: S105  the simulator's own
        self._tokens: dict[str, tuple[str, int]] = {}

    def holds(self, authorization: str, scope: str | None = None) -> bool:
        """Whether the `Authorization` header carries a token of ours, for this scope, that has not expired."""
        given_for, expires_us = self._tokens.get(authorization.removeprefix("Bearer "), ("", 0))
        fits = given_for == (scope or self.scope)
        return fits and authorization.startswith("Bearer ") and self._clock.now_us() < expires_us

    def expire_all(self) -> None:
        """Every token given so far stops working at once."""
        self._tokens.clear()

    def grant(self, request: Request) -> Answer:
        """`POST …/token`: a token, or the documented `invalid_client` or `invalid_resource`."""
        form = {name: values[0] for name, values in parse_qs(request.body.decode()).items()}
        scope, client_id = form.get("scope", "").split(" ")[0], form.get("client_id", "")
        if not self._knows(scope):
            return _refused("invalid_resource", f"AADSTS500011: The resource {form.get('scope')!r} was not found.", 400)
        if client_id not in self.applications or not self._proves(self.applications[client_id], form):
            return _refused("invalid_client", "AADSTS7000215: Invalid client secret provided.", 401)
        given = self._token(scope, client_id)
        return json_answer(200, {"token_type": "Bearer", **given, "ext_expires_in": self.lifetime})

    def grant_to_machine(self, request: Request) -> Answer:
        """`GET IDENTITY_ENDPOINT`: a token of the machine's own identity (page: Managed identities in App Service)."""
        if request.headers.get("x-identity-header") != self.machine_secret:
            return json_answer(401, {"error": "unauthorized"})
        scope = f"{dict(request.query).get('resource')}/.default"
        if not self._knows(scope):
            return json_answer(400, {"error": "invalid_resource"})
        given = self._token(scope, CLIENT_ID)
        expires_on = str(self._clock.now_us() // SECOND + self.lifetime)
        return json_answer(200, {"token_type": "Bearer", "expires_on": expires_on, **given})

    def _knows(self, scope: str) -> bool:
        return scope in {self.scope, *self.other_scopes}

    def _proves(self, application: Application, form: dict[str, str]) -> bool:
        """By the secret, an assertion signed with the certificate's key, or a federated token."""
        if "client_assertion" not in form:
            return form.get("client_secret") == application.secret
        assertion = form["client_assertion"]
        return assertion == self.federated_token or (
            self.certificate is not None and _signed(assertion, self.certificate)
        )

    def _token(self, scope: str, client_id: str) -> dict[str, object]:
        claims = {
            "aud": scope.removesuffix("/.default"),
            "tid": self.tenant_id,
            "appid": client_id,
            "oid": self.applications[client_id].object_id,
        }
        token = f"{_encoded({'typ': 'JWT', 'alg': 'RS256'})}.{_encoded(claims)}.{secrets.token_urlsafe(32)}"
        self._tokens[token] = scope, self._clock.now_us() + self.lifetime * SECOND
        return {"access_token": token, "expires_in": self.lifetime}

    def configuration(self, base_url: str) -> Answer:
        """`GET …/.well-known/openid-configuration`, as far as a client of this flow reads it."""
        tenant = f"{base_url}/{self.tenant_id}"
        return json_answer(
            200,
            {
                "token_endpoint": f"{tenant}/oauth2/v2.0/token",
                "authorization_endpoint": f"{tenant}/oauth2/v2.0/authorize",
                "issuer": f"{tenant}/v2.0",
            },
        )


def _refused(error: str, description: str, status: int) -> Answer:
    return json_answer(status, {"error": error, "error_description": description})


def _signed(assertion: str, certificate: x509.Certificate) -> bool:
    """Whether a JWT (RS256 or PS256) is signed with the key of `certificate`."""
    head, payload, signature = assertion.split(".")
    algorithm = json.loads(_decoded(head))["alg"]
    how = (
        padding.PKCS1v15()
        if algorithm == "RS256"
        else padding.PSS(padding.MGF1(hashes.SHA256()), hashes.SHA256().digest_size)
    )
    key = certificate.public_key()
    if not isinstance(key, rsa.RSAPublicKey):
        return False
    try:
        key.verify(_decoded(signature), f"{head}.{payload}".encode(), how, hashes.SHA256())
    except InvalidSignature:
        return False
    return True


def _decoded(part: str) -> bytes:
    return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))


def _encoded(part: dict[str, str]) -> str:
    return base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=")
