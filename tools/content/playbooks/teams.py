"""Microsoft Teams: a message in a channel, and a reply to it when an incident of the same key comes.

Teams cannot be searched by a key, Sentinel can: the incident that was announced carries the key and the message's id as
tags. Of the open incidents the newest 1,000 are looked through (incidents: list, `$top`).
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
_MARK = "teams "
"""A tag that begins so holds the id of a message."""
_TAGS = "string(item()?['properties']?['labels'])"
_CARRIES_BOTH = f"@and(contains({_TAGS}, concat('\"', {KEY}, '\"')), contains({_TAGS}, '\"{_MARK}'))"
_MESSAGE_ID = "coalesce(body('Post')?['messageId'], body('Post')?['id'])"


def _html(line: str) -> str:
    """A line of the message: what the incident says cannot become a tag of its own."""
    return line.replace("@{", "@{replace(replace(string(").replace("}", "), '&', '&amp;'), '<', '&lt;')}")


def _actions() -> dict[str, Action]:
    return in_order(
        {
            **about(),
            **key(),
            "Search": _open_incidents(),
            "Announced": keep("@coalesce(body('Search')?['value'], json('[]'))", _CARRIES_BOTH),
            "Is_there_one": when("@greater(length(body('Announced')), 0)", _reply(), _post()),
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
    """The thread goes on, also when the incident that began it is closed: this one carries its tags too."""
    of_newest = "@first(body('Announced'))?['properties']?['labels']"
    parent = "last(split(first(body('Marks'))?['labelName'], ' '))"
    body = {"parentMessageId": "@outputs('Parent')", "recipient": _CHANNEL, "messageBody": f"<p>{_html(AGAIN)}</p>"}
    return {
        "Marks": keep(of_newest, f"@startsWith(item()?['labelName'], '{_MARK}')"),
        "Parent": compose(f"@{parent}"),
        "Reply": connector("teams", "post", f"/v1.0/teams/conversation/replyWithMessage/{_POSTED}", body),
        "Tag_reply": tag(f"@{KEY}", f"{_MARK}@{{outputs('Parent')}}"),
        "Say_replied": comment("Replied in Teams to the message about the same rule, people and keys"),
    }


def _post() -> dict[str, Action]:
    title, *lines = map(_html, LINES)
    text = f"<p><strong>{title}</strong></p>" + "".join(f"<p>{line}</p>" for line in lines)
    body = {"recipient": _CHANNEL, "messageBody": text}
    return {
        "Post": connector("teams", "post", f"/beta/teams/conversation/message/{_POSTED}", body),
        "Tag_post": tag(f"@{KEY}", f"{_MARK}@{{{_MESSAGE_ID}}}"),
        "Say_posted": comment("Posted to Teams"),
    }


TEAMS = Playbook(
    name="Claude-TeamsMessage",
    title="Claude: Teams message",
    description="Posts an incident about Claude to a Teams channel, or replies to the message about the same rule and "
    "the same people and keys.",
    prerequisites=["A team and a channel, and an account that may post there"],
    post_deployment=[
        "Sign the Teams connection in, once, as that account",
        "Give the playbook's identity the role Microsoft Sentinel Responder on the workspace",
        "Switch on the automation rule that runs it",
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
