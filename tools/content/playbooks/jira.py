"""Jira Cloud, by its REST interface v3: enhanced JQL search, issues, comments. The key is a label."""

from typing import Any

from tools.content.arm import parameter
from tools.content.playbooks.incident import AGAIN, KEY, LINES, SUMMARY
from tools.content.playbooks.tickets import Request, TicketSystem

_JSON = {"Content-Type": "application/json"}
_FOUND = "coalesce(body('Search')?['issues'], json('[]'))"


def _text(*lines: str) -> dict[str, Any]:
    """Lines as Jira's document format, a paragraph each."""
    paragraphs = [{"type": "paragraph", "content": [{"type": "text", "text": line}]} for line in lines]
    return {"type": "doc", "version": 1, "content": paragraphs}


JIRA = TicketSystem(
    name="Claude-JiraIssue",
    called="Jira",
    address="https://EXAMPLE.atlassian.net",
    user="its e-mail address",
    credential="Name of the secret that holds the account's API token",
    parameters={
        "ProjectKey": parameter("string", "Key of the project that issues are made in"),
        "IssueType": parameter("string", "Type of the issues", defaultValue="Task"),
    },
    search=Request(
        "GET",
        "/rest/api/3/search/jql",
        {
            "queries": {
                "jql": f'project = "@{{parameters(\'ProjectKey\')}}" AND labels = "@{{{KEY}}}" '
                "AND statusCategory != Done ORDER BY created DESC",
                "fields": "key",
                "maxResults": "1",
            }
        },
    ),
    found=_FOUND,
    create=Request(
        "POST",
        "/rest/api/3/issue",
        {
            "headers": _JSON,
            "body": {
                "fields": {
                    "project": {"key": "@parameters('ProjectKey')"},
                    "issuetype": {"name": "@parameters('IssueType')"},
                    "summary": SUMMARY,
                    "description": _text(*LINES),
                    "labels": ["claude-siem", f"@{KEY}"],
                }
            },
        },
    ),
    add=Request(
        "POST",
        f"/rest/api/3/issue/@{{first({_FOUND})?['key']}}/comment",
        {"headers": _JSON, "body": {"body": _text(AGAIN)}},
    ),
    created_name="body('Create')?['key']",
    found_name=f"first({_FOUND})?['key']",
)
