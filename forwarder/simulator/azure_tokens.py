"""Microsoft Entra's client-credentials token endpoint for one application (`/{tenant}/oauth2/v2.0/token`)."""

import secrets
from urllib.parse import parse_qs

from forwarder.simulator.clock import SECOND, SimulatedClock
from forwarder.simulator.http import Answer, Request
from forwarder.simulator.server import json_answer

TENANT_ID = "aaaaaaaa-0000-4000-8000-00000000000a"
CLIENT_ID = "aaaaaaaa-0000-4000-8000-00000000000c"
CLIENT_SECRET = "simulated-client-secret"  # noqa: S105  the simulator's own


class TokenIssuer:
    """Gives tokens that live `lifetime` simulated seconds, and knows which still hold."""

    def __init__(self, clock: SimulatedClock, lifetime: int = 3600) -> None:
        self._clock = clock
        self.lifetime = lifetime
        self.tenant_id, self.client_id, self.client_secret = TENANT_ID, CLIENT_ID, CLIENT_SECRET
        self._tokens: dict[str, int] = {}

    def holds(self, authorization: str) -> bool:
        """Whether the `Authorization` header carries a token of ours that has not expired."""
        expires_us = self._tokens.get(authorization.removeprefix("Bearer "), 0)
        return authorization.startswith("Bearer ") and self._clock.now_us() < expires_us

    def expire_all(self) -> None:
        """Every token given so far stops working at once."""
        self._tokens.clear()

    def grant(self, request: Request) -> Answer:
        """`POST …/token`: a token, or the documented `invalid_client`."""
        form = {name: values[0] for name, values in parse_qs(request.body.decode()).items()}
        if (form.get("client_id"), form.get("client_secret")) != (self.client_id, self.client_secret):
            return json_answer(
                401,
                {"error": "invalid_client", "error_description": "AADSTS7000215: Invalid client secret provided."},
            )
        token = secrets.token_urlsafe(32)
        self._tokens[token] = self._clock.now_us() + self.lifetime * SECOND
        body = {"token_type": "Bearer", "expires_in": self.lifetime, "access_token": token}
        return json_answer(200, {**body, "ext_expires_in": self.lifetime})

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
