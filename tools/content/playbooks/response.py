"""Playbooks that act in Anthropic's organization, each only on the word of a person who may give it.

They run when an incident is made and at each later comment. For every key or person that the incident is about they
ask, in a comment, for one sentence. Whoever is in `Approvers` writes that sentence as a comment of their own; who wrote
a comment says Sentinel, by object id. The sentence names the target, holds for some hours and is answered once:
whatever came of it, the answer names the comment it answers.
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
    """The verb of the sentence: `disable-key`."""
    does: str
    """What it does, for people: `disable the API key`."""
    done: str
    kind: str
    """Kind of the entities that it acts on."""
    shown: str
    """That kind as the gallery names it."""
    is_target: str
    """Expression over `item()`, a name: whether it is one that this response can act on."""
    credential: str
    read: str
    """Path of the request that says how things stand."""
    holds: str
    """Expression: whether there is anything to do."""
    act: tuple[str, str, dict[str, Any]]
    """Method, path and inputs of the request that does it."""


def response_playbook(response: Response) -> Playbook:
    """The playbook for a response."""
    settings = {
        "Approvers": parameter(
            "array", "Object ids of the people whose word counts; at first nobody's", defaultValue=[]
        ),
        "ApprovalHours": parameter("int", "Hours that a word holds", defaultValue=8, minValue=1, maxValue=72),
        "AnthropicUrl": parameter("string", "Address of the Admin API", defaultValue="https://api.anthropic.com"),
        "SecretName": parameter("string", response.credential, defaultValue="anthropic-admin-key"),
    }
    return Playbook(
        name=response.name,
        title=f"Claude: {response.title}",
        description="Asks in a comment of the incident, and when one of the approvers has written the sentence it asks "
        f"for, uses Anthropic's Admin API to {response.does}. Does nothing without.",
        prerequisites=[response.credential, "A Key Vault that holds it, and nothing else that reads it"],
        post_deployment=[
            VAULT_ROLES,
            "Switch on both of its automation rules: at creation it asks, at a comment it acts",
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
            "Their_names": select("@body('Of_kind')", f"@{entity_name()}"),
            "Targets": keep("@union(body('Their_names'), body('Their_names'))", f"@{response.is_target}"),
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
    said = "string(body('Comments'))"
    ask = (
        f"To {response.does} @{{{TARGET}}}, one of the approvers writes a comment of exactly this text: "
        "@{outputs('Sentence')}"
    )
    return {
        "Sentence": compose(f"approve {response.word} @{{{TARGET}}}"),
        "Approvals": keep("@coalesce(body('Comments')?['value'], json('[]'))", f"@{_is_approval()}"),
        "Is_it_approved": when(
            "@greater(length(body('Approvals')), 0)",
            _carried_out(response),
            {"Has_it_been_asked": when(f"@contains({said}, outputs('Sentence'))", {}, {"Ask": comment(ask)})},
        ),
    }


def _is_approval() -> str:
    """Over `item()`, a comment: an approver's, of this text alone, young enough, and not answered."""
    told = "item()?['properties']?"
    author, message = f"{told}['author']?['objectId']", f"{told}['message']"
    oldest = "addHours(utcNow(), mul(-1, parameters('ApprovalHours')))"
    conditions = (
        f"contains(parameters('Approvers'), coalesce({author}, 'nobody'))",
        f"equals({_plain(message)}, outputs('Sentence'))",
        f"greater(ticks({told}['createdTimeUtc']), ticks({oldest}))",
        "not(contains(string(body('Comments')), concat('(answers ', item()?['name'], ')')))",
    )
    return f"and({', '.join(conditions)})"


def _plain(message: str) -> str:
    """A comment's text without the frame that Sentinel's editor puts around it."""
    text = f"coalesce({message}, '')"
    for frame in ("<p>", "</p>", "<div>", "</div>", "<br>", "&nbsp;"):
        text = f"replace({text}, '{frame}', ' ')"
    return f"trim({text})"


def _carried_out(response: Response) -> dict[str, Action]:
    method, path, inputs = response.act
    failed = f"Failed to {response.does} @{{{TARGET}}}; the playbook's run says why {_ANSWERS}"
    return {
        "Carry_out": scope(
            {
                "Secret": secret_of_vault(),
                "Read": _request("GET", response.read),
                "Is_there_anything_to_do": when(
                    f"@{response.holds}",
                    {"Act": _request(method, path, once=True, **inputs)},
                ),
            }
        ),
        "Say_failed": {**comment(failed), "runAfter": {"Carry_out": ["Failed", "TimedOut"]}},
        "Say_done": {
            **when(
                f"@{response.holds}",
                {"Say_acted": comment(f"{response.done} @{{{TARGET}}}, approved by {_BY} {_ANSWERS}")},
                {"Say_nothing": comment(f"Nothing to do for @{{{TARGET}}}, approved by {_BY} {_ANSWERS}")},
            ),
            "runAfter": {"Carry_out": ["Succeeded"]},
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
