"""Microsoft Teams: a message in a channel, and a reply to it for a later incident with the same key.

Teams cannot be searched by a key, so the announced incident carries the key and the message id as tags in Sentinel. The
newest 1,000 open incidents are searched (incidents: list, `$top`).
"""

from tools.content.arm import parameter
from tools.content.playbooks.actions import (
    Action,
    comment,
    compose,
    connector,
    http,
    in_order,
    keep,
    manager,
    tag,
    when,
)
from tools.content.playbooks.incident import AGAIN, KEY, LINES, about, key
from tools.content.playbooks.playbook import MANAGER_VALUES, Playbook

_CHANNEL = {"groupId": "@parameters('TeamId')", "channelId": "@parameters('ChannelId')"}
_POSTED = "poster/@{encodeURIComponent('Flow bot')}/location/@{encodeURIComponent('Channel')}"
_MESSAGE_TAG = "teams "
"""Prefix of the tag that holds the id of a message."""
_TAGS = "string(item()?['properties']?['labels'])"
_CARRIES_BOTH = f"@and(contains({_TAGS}, concat('\"', {KEY}, '\"')), contains({_TAGS}, '\"{_MESSAGE_TAG}'))"
_MESSAGE_ID = "coalesce(body('Post')?['messageId'], body('Post')?['id'])"


def _html(line: str) -> str:
    """A line of the message, with the incident's text escaped."""
    return line.replace("@{", "@{replace(replace(string(").replace("}", "), '&', '&amp;'), '<', '&lt;')}")


def _actions() -> dict[str, Action]:
    return in_order(
        {
            **about(),
            **key(),
            "Search": _open_incidents(),
            "Announced": keep("@coalesce(body('Search')?['value'], json('[]'))", _CARRIES_BOTH),
            "Is_found": when("@greater(length(body('Announced')), 0)", _reply(), _post()),
        }
    )


def _open_incidents() -> Action:
    workspace = "first(split(toLower(triggerBody()?['object']?['id']), '/incidents/'))"
    return http(
        "GET",
        f"@{{parameters('ResourceManager')}}@{{{workspace}}}/incidents",
        queries={
            "api-version": "2024-09-01",
            "$filter": "properties/status ne 'Closed' and properties/createdTimeUtc ge @{addDays(utcNow(), -30)}",
            "$orderby": "properties/createdTimeUtc desc",
            "$top": "1000",
        },
        authentication=manager(),
    )


def _reply() -> dict[str, Action]:
    """The thread continues after its first incident is closed, because this incident gets the same tags."""
    of_newest = "@first(body('Announced'))?['properties']?['labels']"
    parent = "last(split(first(body('Message_tags'))?['labelName'], ' '))"
    body = {"parentMessageId": "@outputs('Parent')", "recipient": _CHANNEL, "messageBody": f"<p>{_html(AGAIN)}</p>"}
    return {
        "Message_tags": keep(of_newest, f"@startsWith(item()?['labelName'], '{_MESSAGE_TAG}')"),
        "Parent": compose(f"@{parent}"),
        "Reply": connector("teams", "post", f"/v1.0/teams/conversation/replyWithMessage/{_POSTED}", body),
        "Tag_reply": tag(f"@{KEY}", f"{_MESSAGE_TAG}@{{outputs('Parent')}}"),
        "Comment_replied": comment("Replied in Teams to the message about the same rule, users and keys"),
    }


def _post() -> dict[str, Action]:
    title, *lines = map(_html, LINES)
    text = f"<p><strong>{title}</strong></p>" + "".join(f"<p>{line}</p>" for line in lines)
    body = {"recipient": _CHANNEL, "messageBody": text}
    return {
        "Post": connector("teams", "post", f"/beta/teams/conversation/message/{_POSTED}", body),
        "Tag_post": tag(f"@{KEY}", f"{_MESSAGE_TAG}@{{{_MESSAGE_ID}}}"),
        "Comment_posted": comment("Posted to Teams"),
    }


TEAMS = Playbook(
    name="Claude-TeamsMessage",
    title="Claude: Teams message",
    description="Posts a Claude incident to a Teams channel, or replies to the message about the same rule, users and "
    "keys.",
    prerequisites=["A team, a channel, and an account that may post there"],
    post_deployment=[
        "Sign in to the Teams connection once with that account",
        "Give the playbook's identity the role Microsoft Sentinel Responder on the workspace",
        "Enable its automation rule",
    ],
    tags=["Notification"],
    entities=[],
    parameters={
        "TeamId": parameter("string", "Id of the team (groupId in a link to the team)"),
        "ChannelId": parameter("string", "Id of the channel, such as 19:…@thread.tacv2"),
    },
    values={
        "TeamId": "[parameters('TeamId')]",
        "ChannelId": "[parameters('ChannelId')]",
        **MANAGER_VALUES,
    },
    connections=("teams",),
    actions=_actions(),
)
