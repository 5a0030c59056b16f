"""Stand-ins of Jira Cloud, ServiceNow and Anthropic's Admin API, each as strict as its documentation.

Jira: REST interface v3 (enhanced search, create issue, add comment; Atlassian document format). ServiceNow: Table
interface and encoded queries; text longer than its field is cut without a word. Anthropic: Admin API, 2023-06-01.
"""

import base64
import re
from typing import Any

from tests.playbooks.stage import Answer, Request, Routes


def _basic(user: str, password: str) -> str:
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()


class Jira:
    """A project with its issues."""

    def __init__(self) -> None:
        self.issues: list[dict[str, Any]] = []
        self.broken = False

    def routes(self) -> Routes:
        return {
            "GET /jira/rest/api/3/search/jql": self._search,
            "POST /jira/rest/api/3/issue": self._create,
            r"POST /jira/rest/api/3/issue/([A-Z]+-\d+)/comment": self._comment,
        }

    def _refused(self, request: Request) -> Answer | None:
        if self.broken:
            return Answer(503, {"errorMessages": ["unavailable"]})
        known = request.headers.get("authorization") == _basic("soc@example.com", "jira-token")
        return None if known else Answer(401, {"errorMessages": ["unauthorized"]})

    def _search(self, request: Request, _: re.Match[str]) -> Answer:
        jql = re.fullmatch(
            r'project = "(\w+)" AND labels = "([^"\s]+)" AND statusCategory != Done ORDER BY created DESC',
            request.queries["jql"],
        )
        if refused := self._refused(request) or (None if jql else Answer(400, {"errorMessages": ["bad JQL"]})):
            return refused
        assert jql is not None
        found = [
            {"id": issue["key"], "key": issue["key"]}
            for issue in reversed(self.issues)
            if not issue["done"] and issue["project"]["key"] == jql[1] and jql[2] in issue["labels"]
        ]
        return Answer(200, {"issues": found[: int(request.queries["maxResults"])], "isLast": True})

    def _create(self, request: Request, _: re.Match[str]) -> Answer:
        fields = request.body["fields"]
        wrong = [label for label in fields["labels"] if re.search(r"\s", label) or len(label) > 255]
        fit = len(fields["summary"]) <= 255 and "\n" not in fields["summary"] and _is_document(fields["description"])
        if refused := self._refused(request) or (None if fit and not wrong else Answer(400, {"errors": wrong})):
            return refused
        key = f"{fields['project']['key']}-{len(self.issues) + 1}"
        self.issues.append({**fields, "key": key, "done": False, "comments": []})
        return Answer(201, {"id": "10000", "key": key})

    def _comment(self, request: Request, match: re.Match[str]) -> Answer:
        fit = _is_document(request.body["body"])
        if refused := self._refused(request) or (None if fit else Answer(400)):
            return refused
        issue = next(issue for issue in self.issues if issue["key"] == match[1])
        issue["comments"].append(request.body["body"])
        return Answer(201, {"id": "1"})


def _is_document(document: Any) -> bool:
    """Whether it is Atlassian's document format: paragraphs of text, none of it empty."""
    if document.get("type") != "doc" or document.get("version") != 1:
        return False
    texts = [text for paragraph in document["content"] for text in paragraph["content"]]
    return bool(texts) and all(text["type"] == "text" and text["text"] for text in texts)


LENGTHS = {"correlation_id": 100, "correlation_display": 100, "short_description": 160}
"""Characters that fields of ServiceNow's incidents hold."""


class ServiceNow:
    """The table `incident`."""

    def __init__(self) -> None:
        self.records: list[dict[str, Any]] = []
        self.broken = False

    def routes(self) -> Routes:
        table = "/snow/api/now/table/incident"
        return {f"GET {table}": self._search, f"POST {table}": self._create, rf"PATCH {table}/(\w+)": self._change}

    def _refused(self, request: Request) -> Answer | None:
        if self.broken:
            return Answer(500, {"error": {"message": "Transaction cancelled"}})
        known = request.headers.get("authorization") == _basic("soc@example.com", "snow-password")
        return None if known else Answer(401, {"error": {"message": "User Not Authenticated"}})

    def _search(self, request: Request, _: re.Match[str]) -> Answer:
        if refused := self._refused(request):
            return refused
        terms = request.queries["sysparm_query"].split("^")
        assert terms[1:] == ["active=true", "ORDERBYDESCsys_created_on"]
        wanted = terms[0].removeprefix("correlation_id=")
        found = [record for record in reversed(self.records) if record["active"] and record["correlation_id"] == wanted]
        fields = request.queries["sysparm_fields"].split(",")
        shown = [{name: record[name] for name in fields} for record in found]
        return Answer(200, {"result": shown[: int(request.queries["sysparm_limit"])]})

    def _create(self, request: Request, _: re.Match[str]) -> Answer:
        if refused := self._refused(request):
            return refused
        number = len(self.records) + 1
        kept = {name: text[: LENGTHS.get(name, 4000)] for name, text in request.body.items()}
        record = {**kept, "sys_id": f"sys{number}", "number": f"INC{number:07d}", "active": True, "notes": []}
        self.records.append(record)
        return Answer(201, {"result": record})

    def _change(self, request: Request, match: re.Match[str]) -> Answer:
        if refused := self._refused(request):
            return refused
        record = next(record for record in self.records if record["sys_id"] == match[1])
        record["notes"].append(request.body["work_notes"])
        return Answer(200, {"result": record})


class Anthropic:
    """An organization with its API keys and members."""

    def __init__(self) -> None:
        self.keys: dict[str, str] = {}
        """Id → status."""
        self.members: dict[str, dict[str, str]] = {}
        self.broken = False

    def routes(self) -> Routes:
        keys, users = r"/anthropic/v1/organizations/api_keys/(\w+)", "/anthropic/v1/organizations/users"
        return {
            f"GET {keys}": self._key,
            f"POST {keys}": self._change_key,
            f"GET {users}": self._members,
            rf"GET {users}/(\w+)": self._member,
            rf"DELETE {users}/(\w+)": self._remove,
        }

    def _refused(self, request: Request, known: bool = True) -> Answer | None:
        if request.headers.get("x-api-key") != "sk-ant-admin01-test":
            return _error(401, "authentication_error")
        if request.headers.get("anthropic-version") != "2023-06-01":
            return _error(400, "invalid_request_error")
        if self.broken and request.method != "GET":
            return _error(403, "permission_error")
        return None if known else _error(404, "not_found_error")

    def _key(self, request: Request, match: re.Match[str]) -> Answer:
        shown = {"id": match[1], "type": "api_key", "status": self.keys.get(match[1])}
        return self._refused(request, match[1] in self.keys) or Answer(200, shown)

    def _change_key(self, request: Request, match: re.Match[str]) -> Answer:
        if refused := self._refused(request, match[1] in self.keys):
            return refused
        if request.body["status"] not in ("active", "inactive", "archived"):
            return _error(400, "invalid_request_error")
        self.keys[match[1]] = request.body["status"]
        return self._key(request, match)

    def _members(self, request: Request, _: re.Match[str]) -> Answer:
        wanted = request.queries["email"]
        # It is not documented whether the filter needs the whole address. This one accepts a part of it.
        found = [member for member in self.members.values() if wanted.lower() in member["email"].lower()]
        shown = {"data": found[: int(request.queries["limit"])], "has_more": False, "first_id": None, "last_id": None}
        return self._refused(request) or Answer(200, shown)

    def _member(self, request: Request, match: re.Match[str]) -> Answer:
        return self._refused(request, match[1] in self.members) or Answer(200, self.members[match[1]])

    def _remove(self, request: Request, match: re.Match[str]) -> Answer:
        if refused := self._refused(request, match[1] in self.members):
            return refused
        if self.members[match[1]]["role"] == "admin":
            return _error(400, "invalid_request_error")
        del self.members[match[1]]
        return Answer(200, {"id": match[1], "type": "user_deleted"})


def _error(status: int, kind: str) -> Answer:
    return Answer(status, {"type": "error", "error": {"type": kind, "message": kind}})
