"""The changes that deploying this version would make, by Resource Manager's what-if. Nothing is deployed.

Sources: REST reference, *Deployments - Validate*, *Deployments - What If*; Azure Resource Manager, *ARM template
deployment what-if operation*. Validation level ProviderNoRbac: no permission to deploy is needed.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial
from typing import Any

from azure.core.exceptions import HttpResponseError

from forwarder.azure.access import read_forwarder
from forwarder.azure.connection import Azure
from forwarder.azure.content import read_rules
from forwarder.azure.package import NAME
from forwarder.azure.solution import shipped_rules, template
from forwarder.azure.workspace import ANALYTICS_PLAN, read_table, read_workspace
from forwarder.errors import Reject, Retry
from forwarder.records import STREAMS
from forwarder.redaction import shorten
from forwarder.siem.calls import called_once
from forwarder.siem.check import Question, SiemFinding, failure, ok, run_checks, warning

SECONDS = 600.0
"""Time limit for each of the two requests."""
PAUSE = 5
"""Seconds between two polls, unless Azure asks for another pause."""
PERMISSIONS = "the permissions for verify"
SHOWN = 3
"""Resources that a finding names at most, and properties of each."""
_KINDS: Mapping[str, tuple[str, Callable[[str, str], SiemFinding]]] = {
    "Create": ("to be created", warning),
    "Modify": ("to be changed", warning),
    "Delete": ("to be deleted", failure),
    "Unsupported": ("that Azure cannot analyze", ok),
    "Deploy": ("to be deployed again", ok),
    "NoChange": ("unchanged", ok),
    "Ignore": ("not in the template, left unchanged", ok),
}
"""Kinds of change, in the order of the findings."""
_ARRAY, _NOTHING = "Array", "NoEffect"
"""Kinds of change of a property. The second is of one that Azure does not set."""


def preview(azure: Azure, seconds: float = SECONDS) -> Iterator[SiemFinding]:
    """Whether Azure accepts the bundled template, and what it would change. A missing permission is a warning."""
    body = called_once(lambda: _body(azure))
    questions: dict[str, Question] = {
        "template": lambda: _validate(azure, body(), seconds),
        "what-if": lambda: check_changes(_what_if(azure, body(), seconds)),
    }
    yield from run_checks(questions, PERMISSIONS)


def check_changes(changes: Iterable[Mapping[str, Any]]) -> Iterator[SiemFinding]:
    """One finding for each kind of change."""
    by_kind: dict[str, list[Mapping[str, Any]]] = {}
    for change in changes:
        by_kind.setdefault(str(change["changeType"]), []).append(change)
    for kind, (words, finding) in _KINDS.items():
        if found := by_kind.get(kind):
            yield finding(f"what-if: {kind}", f"{len(found)} {words}{_shown(kind, found)}")


def _validate(azure: Azure, body: dict[str, Any], seconds: float) -> Iterator[SiemFinding]:
    deployments, group = azure.deployments.deployments, azure.workspace.group
    try:
        answer = _awaited(azure, "the template", partial(deployments.begin_validate, group, NAME, body), seconds)
    except Reject as refused:
        yield failure("template", f"Azure does not accept it: {refused}")
        return
    if error := answer.get("error"):
        yield failure("template", f"Azure does not accept it: {_reasons(error)}")
    else:
        yield ok("template", f"valid in resource group {group}")


def _what_if(azure: Azure, body: dict[str, Any], seconds: float) -> list[Mapping[str, Any]]:
    deployments, group = azure.deployments.deployments, azure.workspace.group
    answer = _awaited(azure, "what-if", partial(deployments.begin_what_if, group, NAME, body), seconds)
    if error := answer.get("error"):
        raise Reject("what-if", f"what-if failed: {_reasons(error)}")
    return list((answer.get("properties") or {}).get("changes") or [])


def _awaited(azure: Azure, thing: str, begin: Callable[..., Any], seconds: float) -> Mapping[str, Any]:
    """The result of a request that Azure answers later. Raises as `Azure.request`."""
    with azure.request(thing):
        try:
            poller = begin(polling_interval=PAUSE)
            poller.wait(seconds)
            if not poller.done():
                raise Retry(f"{thing}: no answer in {seconds:g} s")
            answer: Mapping[str, Any] = poller.result()
        except HttpResponseError as error:
            if error.status_code == 400 and error.error:
                raise Reject("http-400", _reasons(error.error)) from None
            raise
    return answer


def _body(azure: Azure) -> dict[str, Any]:
    parameters = {name: {"value": value} for name, value in _parameters(azure).items()}
    level = {"mode": "Incremental", "validationLevel": "ProviderNoRbac"}
    return {"properties": {"template": template(), "parameters": parameters, **level}}


def _parameters(azure: Azure) -> dict[str, Any]:
    """The template's parameters, with the values of the existing deployment."""
    shipped = shipped_rules()
    return {
        "workspace": azure.workspace.name,
        "location": read_workspace(azure).location,
        "principalId": read_forwarder(azure).object_id,
        "enableRules": any(rule.enabled for key, rule in read_rules(azure).items() if key in shipped),
        **_retentions(azure),
    }


def _retentions(azure: Azure) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for stream in STREAMS:
        if table := read_table(azure, stream):
            found[f"{stream}Plan"] = table.plan
            found[f"{stream}TotalRetentionInDays"] = table.total_retention
            if table.plan == ANALYTICS_PLAN:
                found[f"{stream}RetentionInDays"] = table.retention
    return found


def _shown(kind: str, changes: list[Mapping[str, Any]]) -> str:
    if kind in ("NoChange", "Ignore", "Deploy"):
        return ""
    names = [_named(change) for change in changes[:SHOWN]]
    return f": {'; '.join(names)}{'; …' if len(changes) > SHOWN else ''}"


def _named(change: Mapping[str, Any]) -> str:
    *_, kind, name = ["", *str(change.get("resourceId") or "?").split("/")]
    why = change.get("unsupportedReason")
    paths = list(_paths(change.get("delta") or [], ""))
    shown = ", ".join(paths[:SHOWN]) + (", …" if len(paths) > SHOWN else "")
    return f"{kind} {name}" + (f" ({shown})" if paths else "") + (f" ({_line(why)})" if why else "")


def _paths(delta: Iterable[Mapping[str, Any]], above: str) -> Iterator[str]:
    """The innermost properties that change; for an array its own path, as indexes in it mean little."""
    for one in delta:
        kind, path = one.get("propertyChangeType"), f"{above}.{one['path']}" if above else str(one["path"])
        children = one.get("children") or []
        if kind != _ARRAY and children:
            yield from _paths(children, path)
        elif kind != _NOTHING and (kind != _ARRAY or any(_paths(children, path))):
            yield path


def _reasons(error: Any) -> str:
    """The innermost reasons of an error, as the outer message is often generic."""
    fields = (
        error if isinstance(error, Mapping) else {k: getattr(error, k, None) for k in ("code", "message", "details")}
    )
    inner = [_reasons(one) for one in fields.get("details") or []]
    return "; ".join(inner) if inner else _line(f"{fields.get('code')}: {fields.get('message')}")


def _line(text: str) -> str:
    return shorten(" ".join(str(text).split()), 300)
