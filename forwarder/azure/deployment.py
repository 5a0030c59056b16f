"""What deploying this version would change, as Resource Manager foresees it. Nothing is deployed.

Sources: REST reference, *Deployments - Validate*, *Deployments - What If*; Azure Resource Manager, *ARM template
deployment what-if operation*. Validation level ProviderNoRbac: who asks need not be allowed to deploy.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cache, partial
from typing import Any

from azure.core.exceptions import HttpResponseError

from forwarder.azure.connection import Azure
from forwarder.azure.identity import ask_forwarder
from forwarder.azure.installed import ask_rules
from forwarder.azure.package import NAME
from forwarder.azure.solution import shipped_rules, template
from forwarder.azure.tables import READABLE, ask_table
from forwarder.azure.workspace import ask_workspace
from forwarder.errors import Reject, Retry
from forwarder.records import STREAMS
from forwarder.siem.findings import Finding, doubtful, fine, wrong
from forwarder.siem.questions import Question, ask_all

SECONDS = 600.0
"""How long Azure may take for each of the two questions."""
PAUSE = 5
"""Seconds between two looks at a question under way, unless Azure says."""
MEND = "see rights to verify"
SHOWN = 3
"""Resources that a line names at most, and properties of each."""
_KINDS: Mapping[str, tuple[str, Callable[[str, str], Finding]]] = {
    "Create": ("to be made", doubtful),
    "Modify": ("to be changed", doubtful),
    "Delete": ("to be deleted", wrong),
    "Unsupported": ("that Azure cannot foresee", fine),
    "Deploy": ("to be written again", fine),
    "NoChange": ("unchanged", fine),
    "Ignore": ("beside it, left alone", fine),
}
"""Kinds of change, in the order in which they are told."""
_ARRAY, _NOTHING = "Array", "NoEffect"
"""Kinds of change of a property; the second is of one that is not set at all."""


def preview(azure: Azure, seconds: float = SECONDS) -> Iterator[Finding]:
    """Whether Azure takes the bundled template, and what it would change. What may not be asked is a warning."""
    body = cache(lambda: _body(azure))
    questions: dict[str, Question] = {
        "template": lambda: _validate(azure, body(), seconds),
        "what-if": lambda: judge_changes(_what_if(azure, body(), seconds)),
    }
    yield from ask_all(questions, MEND)


def judge_changes(changes: Iterable[Mapping[str, Any]]) -> Iterator[Finding]:
    """A line a kind of change."""
    by_kind: dict[str, list[Mapping[str, Any]]] = {}
    for change in changes:
        by_kind.setdefault(str(change["changeType"]), []).append(change)
    for kind, (words, judge) in _KINDS.items():
        if held := by_kind.get(kind):
            yield judge(f"what-if: {kind}", f"{len(held)} {words}{_shown(kind, held)}")


def _validate(azure: Azure, body: dict[str, Any], seconds: float) -> Iterator[Finding]:
    deployments, group = azure.deployments.deployments, azure.workspace.group
    try:
        told = _awaited(azure, "the template", partial(deployments.begin_validate, group, NAME, body), seconds)
    except Reject as refused:
        yield wrong("template", f"Azure does not take it: {refused}")
        return
    if error := told.get("error"):
        yield wrong("template", f"Azure does not take it: {_reasons(error)}")
    else:
        yield fine("template", f"Azure takes it in {group}")


def _what_if(azure: Azure, body: dict[str, Any], seconds: float) -> list[Mapping[str, Any]]:
    deployments, group = azure.deployments.deployments, azure.workspace.group
    told = _awaited(azure, "what-if", partial(deployments.begin_what_if, group, NAME, body), seconds)
    if error := told.get("error"):
        raise Reject("what-if", f"Azure cannot tell: {_reasons(error)}")
    return list((told.get("properties") or {}).get("changes") or [])


def _awaited(azure: Azure, thing: str, begin: Callable[..., Any], seconds: float) -> Mapping[str, Any]:
    """What comes of a question that Azure answers later. Raises as `Azure.asked`."""
    with azure.asked(thing):
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
    """What the template asks for: what is there stays as it was chosen."""
    ours = shipped_rules()
    return {
        "workspace": azure.workspace.name,
        "location": ask_workspace(azure).location,
        "principalId": ask_forwarder(azure).object_id,
        "enableRules": any(rule.enabled for key, rule in ask_rules(azure).items() if key in ours),
        **_retentions(azure),
    }


def _retentions(azure: Azure) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for stream in STREAMS:
        if table := ask_table(azure, stream):
            found[f"{stream}Plan"] = table.plan
            found[f"{stream}TotalRetentionInDays"] = table.total_retention
            if table.plan == READABLE:
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
    """The innermost properties that change; of an array itself, as places in it mean little."""
    for one in delta:
        kind, path = one.get("propertyChangeType"), f"{above}.{one['path']}" if above else str(one["path"])
        children = one.get("children") or []
        if kind != _ARRAY and children:
            yield from _paths(children, path)
        elif kind != _NOTHING and (kind != _ARRAY or any(_paths(children, path))):
            yield path


def _reasons(error: Any) -> str:
    """What is wrong and the innermost reasons: the outer text often only says that there are some."""
    told = error if isinstance(error, Mapping) else {k: getattr(error, k, None) for k in ("code", "message", "details")}
    inner = [_reasons(one) for one in told.get("details") or []]
    return "; ".join(inner) if inner else _line(f"{told.get('code')}: {told.get('message')}")


def _line(text: str) -> str:
    return " ".join(str(text).split())[:300]
