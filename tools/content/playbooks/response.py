"""Playbooks that act in the Anthropic organization after an approval.

They run when an incident is created and at each later comment. For every key or user of the incident they add a comment
that asks for an approval text. An approver (`Approvers`, identified by the object id of the comment's author) adds that
text as a comment. The text names the target, is valid for some hours and is processed once: the reply names the
approving comment, whatever the result.
"""

from typing import Any, NamedTuple

from tools.content.arm import parameter
from tools.content.playbooks.actions import (
    ANTHROPIC_VERSION,
    Action,
    comment,
    compose,
    for_each,
    http,
    in_order,
    keep,
    manager,
    scope,
    secret_of_vault,
    select,
    when,
)
from tools.content.playbooks.incident import about, entity_name
from tools.content.playbooks.playbook import MANAGER_VALUES, VAULT_PARAMETERS, VAULT_ROLES, VAULT_VALUES, Playbook

TARGET = "items('For_each_target')"
_HEADERS = {
    "x-api-key": "@{body('Secret')?['value']}",
    "anthropic-version": ANTHROPIC_VERSION,
    "Content-Type": "application/json",
    "User-Agent": "claude-siem-playbook/1.0",
}
_NEWEST = "first(body('Approvals'))"
_ANSWERS = f"(answers @{{{_NEWEST}?['name']}})"
_AUTHOR = f"{_NEWEST}?['properties']?['author']?"
_BY = f"@{{coalesce({_AUTHOR}['userPrincipalName'], {_AUTHOR}['name'])}}"


class Response(NamedTuple):
    """What differs between responses."""

    name: str
    title: str
    word: str
    """The command in the approval text: `disable-key`."""
    does: str
    """Action in plain words: `disable the API key`."""
    done: str
    kind: str
    """Entity kind that it acts on."""
    shown: str
    """The entity kind as the gallery names it."""
    is_target: str
    """Expression over `item()`, a name: whether the response can act on it."""
    credential: str
    read: str
    """Path of the request that reads the current state."""
    holds: str
    """Expression: whether an action is needed."""
    act: tuple[str, str, dict[str, Any]]
    """Method, path and inputs of the action's request."""


def response_playbook(response: Response) -> Playbook:
    """The playbook for a response."""
    settings = {
        "Approvers": parameter("array", "Object ids of the approvers; empty by default", defaultValue=[]),
        "ApprovalHours": parameter("int", "Hours that an approval is valid", defaultValue=8, minValue=1, maxValue=72),
        "AnthropicUrl": parameter("string", "Address of the Admin API", defaultValue="https://api.anthropic.com"),
        "SecretName": parameter("string", response.credential, defaultValue="anthropic-admin-key"),
    }
    return Playbook(
        name=response.name,
        title=f"Claude: {response.title}",
        description="Asks for an approval in a comment on the incident. After an approver has added the approval text, "
        f"it uses Anthropic's Admin API to {response.does}. Without approval it does nothing.",
        prerequisites=[response.credential, "A Key Vault that holds it and is read by nothing else"],
        post_deployment=[
            VAULT_ROLES,
            "Enable both automation rules: at creation it asks for approval, at a comment it acts",
        ],
        tags=["Response"],
        entities=[response.shown],
        parameters={**VAULT_PARAMETERS, **settings},
        values={
            **{name: f"[parameters('{name}')]" for name in settings},
            **VAULT_VALUES,
            **MANAGER_VALUES,
        },
        connections=(),
        actions=_actions(response),
    )


def _actions(response: Response) -> dict[str, Action]:
    return in_order(
        {
            **about(),
            "Of_kind": keep("@body('Who')", f"@equals(item()?['kind'], '{response.kind}')"),
            "Target_names": select("@body('Of_kind')", f"@{entity_name()}"),
            "Targets": keep("@union(body('Target_names'), body('Target_names'))", f"@{response.is_target}"),
            "Comments": _comments(),
            "For_each_target": for_each("@body('Targets')", _for_target(response)),
        }
    )


def _comments() -> Action:
    return http(
        "GET",
        "@{parameters('ResourceManager')}@{triggerBody()?['object']?['id']}/comments",
        queries={"api-version": "2024-09-01", "$orderby": "properties/createdTimeUtc desc", "$top": "100"},
        authentication=manager(),
    )


def _for_target(response: Response) -> dict[str, Action]:
    comments = "string(body('Comments'))"
    ask = (
        f"To {response.does} @{{{TARGET}}}, an approver adds a comment with exactly this text: "
        "@{outputs('Approval_text')}"
    )
    return {
        "Approval_text": compose(f"approve {response.word} @{{{TARGET}}}"),
        "Approvals": keep("@coalesce(body('Comments')?['value'], json('[]'))", f"@{_is_approval()}"),
        "Is_approved": when(
            "@greater(length(body('Approvals')), 0)",
            _carried_out(response),
            {
                "Is_approval_requested": when(
                    f"@contains({comments}, outputs('Approval_text'))", {}, {"Request_approval": comment(ask)}
                )
            },
        ),
    }


def _is_approval() -> str:
    """Over `item()`, a comment: by an approver, with exactly this text, recent enough, and not processed."""
    properties = "item()?['properties']?"
    author, message = f"{properties}['author']?['objectId']", f"{properties}['message']"
    oldest = "addHours(utcNow(), mul(-1, parameters('ApprovalHours')))"
    conditions = (
        f"contains(parameters('Approvers'), coalesce({author}, 'nobody'))",
        f"equals({_plain(message)}, outputs('Approval_text'))",
        f"greater(ticks({properties}['createdTimeUtc']), ticks({oldest}))",
        "not(contains(string(body('Comments')), concat('(answers ', item()?['name'], ')')))",
    )
    return f"and({', '.join(conditions)})"


def _plain(message: str) -> str:
    """A comment's text without the markup that Sentinel's editor adds."""
    text = f"coalesce({message}, '')"
    for frame in ("<p>", "</p>", "<div>", "</div>", "<br>", "&nbsp;"):
        text = f"replace({text}, '{frame}', ' ')"
    return f"trim({text})"


def _carried_out(response: Response) -> dict[str, Action]:
    method, path, inputs = response.act
    failed = f"Failed to {response.does} @{{{TARGET}}}; see the playbook run for the reason {_ANSWERS}"
    return {
        "Execute": scope(
            {
                "Secret": secret_of_vault(),
                "Read": _request("GET", response.read),
                "Is_action_needed": when(
                    f"@{response.holds}",
                    {"Act": _request(method, path, once=True, **inputs)},
                ),
            }
        ),
        "Comment_failed": {**comment(failed), "runAfter": {"Execute": ["Failed", "TimedOut"]}},
        "Comment_result": {
            **when(
                f"@{response.holds}",
                {"Comment_executed": comment(f"{response.done} @{{{TARGET}}}, approved by {_BY} {_ANSWERS}")},
                {"Comment_no_action": comment(f"Nothing to do for @{{{TARGET}}}, approved by {_BY} {_ANSWERS}")},
            ),
            "runAfter": {"Execute": ["Succeeded"]},
        },
    }


def _request(method: str, path: str, *, once: bool = False, **inputs: Any) -> Action:
    uri = f"@{{parameters('AnthropicUrl')}}{path}"
    return http(method, uri, secret=True, once=once, headers=_HEADERS, **inputs)


_SAFE = f"uriComponent({TARGET})"
_IS_ID = f"startsWith({TARGET}, 'user_')"
_PERSON = f"if({_IS_ID}, body('Read'), first(coalesce(body('Read')?['data'], json('[]'))))"

DISABLE_KEY = Response(
    name="Claude-DisableKey",
    title="disable an API key",
    word="disable-key",
    does="disable the API key",
    done="Disabled the API key",
    kind="CloudApplication",
    shown="CloudApplication",
    is_target="startsWith(item(), 'apikey_')",
    credential="Name of the secret that holds an Admin key (sk-ant-admin01-…) of the Console organization",
    read=f"/v1/organizations/api_keys/@{{{_SAFE}}}",
    holds="equals(body('Read')?['status'], 'active')",
    act=("POST", f"/v1/organizations/api_keys/@{{{_SAFE}}}", {"body": {"status": "inactive"}}),
)
"""Admin API: retrieve and update API key. `inactive` can be undone, `archived` cannot."""

REMOVE_MEMBER = Response(
    name="Claude-RemoveMember",
    title="remove a member",
    word="remove-member",
    does="remove from the organization the member",
    done="Removed from the organization the member",
    kind="Account",
    shown="Account",
    is_target="or(startsWith(item(), 'user_'), contains(item(), '@'))",
    credential="Name of the secret that holds a key with write:members, or an Admin key of the Console organization",
    read=f"/v1/organizations/users@{{concat(if({_IS_ID}, '/', '?limit=1&email='), {_SAFE})}}",
    holds=f"or({_IS_ID}, equals(toLower(coalesce({_PERSON}?['email'], '')), toLower({TARGET})))",
    act=("DELETE", f"/v1/organizations/users/@{{{_PERSON}?['id']}}", {}),
)
"""Admin API: list, retrieve and remove user. Anthropic refuses to remove administrators."""
