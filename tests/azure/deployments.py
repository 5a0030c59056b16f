"""Validate and what-if of the stand-in: the sent template against the existing resources.

Sources: REST reference, *Deployments - Validate*, *Deployments - What If*: 202 with Location, then 200; Azure Resource
Manager, *ARM template deployment what-if operation*: kinds of change. Parameters are checked as Azure does.
"""

from collections.abc import Iterator, Mapping
from itertools import count
from typing import Any

import orjson

from forwarder.simulator.http import Answer, Request
from forwarder.simulator.logs_ingestion import refusal
from forwarder.simulator.server import json_answer
from tests.azure.deployed import Deployment, Resource

Change = dict[str, Any]


class Deployments:
    """Validation and what-if for one group."""

    def __init__(self, group: str, location: str, resources: Mapping[str, Resource]) -> None:
        """`resources`: the existing ones, by id in lower case."""
        self.group, self.location, self.resources = group, location, resources
        self.invalid: list[dict[str, str]] = []
        """Errors in the template, as a resource provider finds them."""
        self.unsupported: set[str] = set()
        """Ends of ids that what-if cannot analyze."""
        self.failed: dict[str, Any] | None = None
        """The error that what-if ends with."""
        self.asked: list[dict[str, Any]] = []
        """The bodies of all requests."""
        self.looks: int | None = None
        """How many polls find a request in progress; `None`: it is answered at once."""
        self._numbers = count(1)
        self._under_way: dict[str, list[Answer]] = {}

    def post(self, request: Request, url: str) -> Answer:
        """A request, answered later."""
        body = orjson.loads(request.body)
        self.asked.append(body)
        wrong = self._refusal(body["properties"])
        if wrong:
            return wrong
        answer = self._valid() if request.path.endswith("/validate") else self._foreseen(body["properties"])
        if self.looks is None:
            return answer
        path = f"{self.group}/operationresults/{next(self._numbers)}"
        later = Answer(202, headers={"location": f"{url}{path}?api-version=2026-06-01", "retry-after": "1"})
        self._under_way[path.lower()] = [later] * self.looks + [answer]
        return later

    def look(self, path: str) -> Answer | None:
        """The result of a request; `None`: the path is not one."""
        answers = self._under_way.get(path)
        if not answers:
            return None
        return answers.pop(0) if len(answers) > 1 else answers[0]

    def _refusal(self, properties: Mapping[str, Any]) -> Answer | None:
        declared, given = properties["template"]["parameters"], properties["parameters"]
        for name, parameter in declared.items():
            if name not in given and "defaultValue" not in parameter:
                return _refused(f"The value for the template parameter '{name}' is not provided.")
            allowed = parameter.get("allowedValues")
            if allowed and name in given and given[name]["value"] not in allowed:
                return _refused(f"The provided value for the template parameter '{name}' is not valid.")
        if unknown := sorted(given.keys() - declared.keys()):
            return _refused(f"The template parameters '{', '.join(unknown)}' are not found in the template.")
        if self.invalid:
            text = "The template deployment is not valid according to the validation procedure. See inner errors."
            error = {"code": "InvalidTemplateDeployment", "message": text, "details": self.invalid}
            return json_answer(400, {"error": error})
        return None

    def _valid(self) -> Answer:
        return json_answer(200, {"properties": {"provisioningState": "Succeeded", "mode": "Incremental"}})

    def _foreseen(self, properties: Mapping[str, Any]) -> Answer:
        if self.failed:
            return json_answer(200, {"status": "Failed", "error": self.failed})
        given = {name: one["value"] for name, one in properties["parameters"].items()}
        wanted = Deployment(properties["template"], given, self.group, self.location).resources()
        changes = [self._change(identity, resource) for identity, resource in wanted.items()]
        here = {identity.lower() for identity in wanted}
        inside = f"{self.group.lower()}/providers/"
        others = [
            {"resourceId": one["id"], "changeType": "Ignore", "before": one}
            for key, one in self.resources.items()
            if key not in here and key.startswith(inside) and key.removeprefix(inside).count("/") == 2
        ]
        return json_answer(200, {"status": "Succeeded", "properties": {"changes": [*changes, *others]}})

    def _change(self, identity: str, after: Resource) -> Change:
        if any(identity.endswith(end) for end in self.unsupported):
            why = "Changes to the resource cannot be analyzed."
            return {"resourceId": identity, "changeType": "Unsupported", "unsupportedReason": why}
        before = self.resources.get(identity.lower())
        if before is None:
            return {"resourceId": identity, "changeType": "Create", "after": after}
        delta = list(_delta(before["properties"], after["properties"], "properties"))
        kind = "Modify" if any(one["propertyChangeType"] != "NoEffect" for one in delta) else "NoChange"
        return {"resourceId": identity, "changeType": kind, "delta": delta, "before": before, "after": after}


def _delta(before: Any, after: Any, path: str) -> Iterator[Change]:
    """Changes of properties; arrays as a change with changes in it. What Azure alone sets has no effect."""
    if isinstance(before, dict) and isinstance(after, dict):
        for name in sorted({*before, *after}):
            yield from _delta(before.get(name), after.get(name), f"{path}.{name}")
    elif isinstance(before, list) and isinstance(after, list):
        pairs = [(at, *pair) for at, pair in enumerate(zip(before, after, strict=False))]
        children = [change for at, one, other in pairs for change in _delta(one, other, str(at))]
        children += [_changed(str(at), "Create", None, after[at]) for at in range(len(before), len(after))]
        children += [_changed(str(at), "Delete", before[at], None) for at in range(len(after), len(before))]
        if children:
            yield {"path": path, "propertyChangeType": "Array", "children": children}
    elif before != after:
        yield _changed(path, "NoEffect" if after is None else "Create" if before is None else "Modify", before, after)


def _changed(path: str, kind: str, before: Any, after: Any) -> Change:
    return {"path": path, "propertyChangeType": kind, "before": before, "after": after}


def _refused(message: str) -> Answer:
    return refusal(400, "InvalidTemplate", f"Deployment template validation failed: '{message}'")
