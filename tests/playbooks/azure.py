"""Stand-ins of Azure: Key Vault, Sentinel's own interface, and the connectors of Sentinel and Teams.

Written from Key Vault's Get Secret, Microsoft Sentinel's REST interface 2024-09-01 (incidents, incident comments) and
the connectors' reference; each refuses what its documentation does not allow.
"""

import re
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

from tests.playbooks.stage import Answer, Request, Routes

WORKSPACE = "/subscriptions/s/resourcegroups/g/providers/microsoft.operationalinsights/workspaces/w"
INCIDENTS = f"{WORKSPACE}/providers/microsoft.securityinsights/incidents"
PLAYBOOK = {"objectId": "object-of-the-playbook", "name": "Claude-Playbook", "userPrincipalName": None}
FORBIDDEN = Answer(403, {"error": {"code": "AuthorizationFailed"}})


def now(hours_ago: float = 0) -> str:
    return (datetime.now(UTC) - timedelta(hours=hours_ago)).strftime("%Y-%m-%dT%H:%M:%S.%f0Z")


class Azure:
    """A workspace with its incidents and their comments, a vault and a Teams channel."""

    manager = ""
    """Its own address, which tokens must be for; known when the stage is open."""

    def __init__(self) -> None:
        self.secrets: dict[str, str] = {}
        self.incidents: dict[str, dict[str, Any]] = {}
        self.comments: dict[str, list[dict[str, Any]]] = {}
        self.threads: dict[str, list[str]] = {}

    def routes(self) -> Routes:
        return {
            r"GET /vault/secrets/([\w-]+)": self._secret,
            rf"GET (?i:{INCIDENTS})": self._list,
            rf"GET (?i:{INCIDENTS})/([\w-]+)/comments": self._list_comments,
            r"POST /azuresentinel/Incidents/Comment": self._comment,
            r"PUT /azuresentinel/Incidents": self._tag,
            r"POST /teams/beta/teams/conversation/message/poster/Flow bot/location/Channel": self._post,
            r"POST /teams/v1.0/teams/conversation/replyWithMessage/poster/Flow bot/location/Channel": self._reply,
        }

    def comment_texts(self, incident: dict[str, Any]) -> list[str]:
        """The comments of an incident, the oldest first."""
        return [comment["properties"]["message"] for comment in self.comments[incident["object"]["name"]]]

    def add_comment(self, incident: dict[str, Any], message: str, author: dict[str, Any], hours_ago: float = 0) -> None:
        """A comment by a user."""
        self._add_comment(incident["object"]["name"], message, author, now(hours_ago))

    def _add_comment(self, name: str, message: str, author: dict[str, Any], created: str) -> None:
        properties = {"message": message, "author": author, "createdTimeUtc": created}
        self.comments[name].append({"name": str(uuid4()), "properties": properties})

    def _secret(self, request: Request, match: re.Match[str]) -> Answer:
        if request.headers.get("authorization") != "Bearer identity for https://vault.azure.net":
            return Answer(401)
        if "api-version" not in request.queries or match[1] not in self.secrets:
            return Answer(404, {"error": {"code": "SecretNotFound"}})
        return Answer(200, {"value": self.secrets[match[1]], "id": match[1]})

    def _managed(self, request: Request) -> bool:
        allowed = request.headers.get("authorization") == f"Bearer identity for {self.manager}/"
        return allowed and request.queries.get("api-version") == "2024-09-01"

    def _list(self, request: Request, _: re.Match[str]) -> Answer:
        wanted = re.fullmatch(
            r"properties/status ne 'Closed' and properties/createdTimeUtc ge ([\d:.TZ-]+)",
            request.queries.get("$filter", ""),
        )
        if not self._managed(request) or wanted is None:
            return FORBIDDEN
        found = [
            incident
            for incident in self.incidents.values()
            if incident["properties"]["status"] != "Closed" and incident["properties"]["createdTimeUtc"] >= wanted[1]
        ]
        return Answer(200, {"value": _newest(found, request)})

    def _list_comments(self, request: Request, match: re.Match[str]) -> Answer:
        if not self._managed(request):
            return FORBIDDEN
        return Answer(200, {"value": _newest(self.comments[match[1]], request)})

    def _comment(self, request: Request, _: re.Match[str]) -> Answer:
        name = request.body["incidentArmId"].split("/")[-1]
        self._add_comment(name, request.body["message"], PLAYBOOK, now())
        return Answer(200, {})

    def _tag(self, request: Request, _: re.Match[str]) -> Answer:
        labels = self.incidents[request.body["incidentArmId"].split("/")[-1]]["properties"]["labels"]
        for tag in request.body["tagsToAdd"]["TagsToAdd"]:
            if tag["Tag"] not in [label["labelName"] for label in labels]:
                labels.append({"labelName": tag["Tag"], "labelType": "User"})
        return Answer(200, {})

    def _post(self, request: Request, _: re.Match[str]) -> Answer:
        if set(request.body["recipient"]) != {"groupId", "channelId"}:
            return Answer(400)
        message_id = str(1_700_000_000_000 + len(self.threads))
        self.threads[message_id] = [request.body["messageBody"]]
        return Answer(200, {"messageId": message_id, "messageLink": "https://teams.example", "conversationId": "c"})

    def _reply(self, request: Request, _: re.Match[str]) -> Answer:
        if request.body["parentMessageId"] not in self.threads:
            return Answer(404)
        self.threads[request.body["parentMessageId"]].append(request.body["messageBody"])
        return Answer(200, {"messageId": "reply"})


def _newest(found: list[dict[str, Any]], request: Request) -> list[dict[str, Any]]:
    assert request.queries["$orderby"] == "properties/createdTimeUtc desc"
    ordered = sorted(found, key=lambda item: item["properties"]["createdTimeUtc"], reverse=True)
    return ordered[: int(request.queries["$top"])]
