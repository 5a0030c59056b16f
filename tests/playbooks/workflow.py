"""Runs a workflow's actions (Azure Logic Apps: schema for trigger and action types), requests over real HTTP.

`runAfter` decides what runs; a scope has failed when an action in it failed and nothing that waits for it succeeded.
Managed identity and connectors are headers and paths that the stand-ins check.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import httpx

from tests.playbooks.expressions import Functions, Refused, evaluated

Actions = dict[str, dict[str, Any]]


class Result(NamedTuple):
    """What became of an action."""

    status: str
    outputs: Any = None
    body: Any = None


class Run:
    """One run of a definition."""

    def __init__(self, definition: dict[str, Any], parameters: dict[str, Any], trigger: dict[str, Any]) -> None:
        declared = definition["parameters"]
        if unknown := declared.keys() ^ parameters.keys():
            raise Refused(f"parameters without a value or a declaration: {unknown}")
        self.results: dict[str, Result] = {}
        self._client = httpx.Client(timeout=10, trust_env=False)
        self._functions: Functions = {
            "triggerBody": lambda: trigger,
            "parameters": lambda name: parameters[name],
            "body": lambda name: self._result(name).body,
            "outputs": lambda name: self._result(name).outputs,
        }
        self.status = self._scope(definition["actions"])
        self._client.close()

    def _result(self, name: str) -> Result:
        if name not in self.results:
            raise Refused(f"action {name!r} has not run before this one")
        return self.results[name]

    def _scope(self, actions: Actions) -> str:
        waiting = dict(actions)
        while waiting:
            ready = [name for name, action in waiting.items() if not set(action["runAfter"]) & waiting.keys()]
            if not ready:
                raise Refused(f"actions that wait for each other: {sorted(waiting)}")
            for name in ready:
                self.results[name] = self._one(name, waiting.pop(name))
        return self._verdict(actions)

    def _verdict(self, actions: Actions) -> str:
        for name in actions:
            if self.results[name].status == "Failed":
                after = [other for other, action in actions.items() if name in action["runAfter"]]
                if not any(self.results[other].status == "Succeeded" for other in after):
                    return "Failed"
        return "Succeeded"

    def _one(self, name: str, action: dict[str, Any]) -> Result:
        for earlier, wanted in action["runAfter"].items():
            if self._result(earlier).status not in wanted:
                self._skip(action)
                return Result("Skipped")
        kinds: dict[str, Callable[[str, dict[str, Any]], Result]] = {
            "ApiConnection": self._api_connection,
            "Compose": self._compose,
            "Foreach": self._for_each,
            "Http": self._http,
            "If": self._if,
            "Query": self._query,
            "Scope": lambda _, scope: Result(self._scope(scope["actions"])),
            "Select": self._select,
        }
        if action["type"] not in kinds:
            raise Refused(f"{name}: {action['type']} is no action known here")
        return kinds[action["type"]](name, action)

    def _skip(self, action: dict[str, Any]) -> None:
        """What is inside of a skipped action is skipped too."""
        inside = {**action.get("actions", {}), **action.get("else", {}).get("actions", {})}
        for name, inner in inside.items():
            self.results[name] = Result("Skipped")
            self._skip(inner)

    def _value(self, value: Any, **more: Any) -> Any:
        return evaluated(value, self._functions | more)

    def _compose(self, _: str, action: dict[str, Any]) -> Result:
        return Result("Succeeded", outputs=self._value(action["inputs"]))

    def _select(self, _: str, action: dict[str, Any]) -> Result:
        items = self._items(action["inputs"]["from"])
        return Result("Succeeded", body=[self._of(action["inputs"]["select"], item) for item in items])

    def _query(self, _: str, action: dict[str, Any]) -> Result:
        items = self._items(action["inputs"]["from"])
        return Result("Succeeded", body=[item for item in items if self._of(action["inputs"]["where"], item) is True])

    def _items(self, of: str) -> list[Any]:
        items = self._value(of)
        if not isinstance(items, list):
            raise Refused(f"{of}: {items!r} is no list")
        return items

    def _of(self, expression: str, item: Any) -> Any:
        return self._value(expression, item=lambda: item)

    def _if(self, _: str, action: dict[str, Any]) -> Result:
        ((kind, conditions),) = action["expression"].items()
        if kind != "and" or any(list(condition) != ["equals"] for condition in conditions):
            raise Refused(f"condition {action['expression']}")
        holds = all(one == other for one, other in (self._value(c["equals"]) for c in conditions))
        yes, no = action["actions"], action["else"]["actions"]
        self._skip({"actions": no if holds else yes})
        return Result(self._scope(yes if holds else no))

    def _for_each(self, name: str, action: dict[str, Any]) -> Result:
        outer, statuses = self._functions, []
        for item in self._items(action["foreach"]):
            known = {name: item}
            self._functions = {**outer, "items": lambda loop, known=known: known[loop]}
            statuses.append(self._scope(action["actions"]))
        self._functions = outer
        return Result("Failed" if "Failed" in statuses else "Succeeded")

    def _http(self, _: str, action: dict[str, Any]) -> Result:
        inputs = self._value(action["inputs"])
        return self._sent(inputs, inputs["uri"], inputs.get("authentication"))

    def _api_connection(self, _: str, action: dict[str, Any]) -> Result:
        inputs = self._value(action["inputs"])
        return self._sent(inputs, inputs["host"]["connection"]["name"] + inputs["path"], None)

    def _sent(self, inputs: dict[str, Any], uri: str, authentication: dict[str, str] | None) -> Result:
        headers = dict(inputs.get("headers", {}))
        basic = None
        if authentication and authentication["type"] == "ManagedServiceIdentity":
            headers["Authorization"] = f"Bearer identity for {authentication['audience']}"
        elif authentication:
            basic = (authentication["username"], authentication["password"])
        answer = self._client.request(
            inputs["method"].upper(),
            httpx.URL(uri).copy_merge_params(inputs.get("queries", {})),
            headers=headers,
            json=inputs.get("body"),
            auth=basic,
        )
        body = answer.json() if answer.content else None
        return Result(
            "Succeeded" if answer.is_success else "Failed", outputs={"statusCode": answer.status_code}, body=body
        )


def run(definition: dict[str, Any], parameters: dict[str, Any], trigger: dict[str, Any]) -> Run:
    """A run of the definition. Raises `Refused`."""
    return Run(definition, parameters, trigger)
