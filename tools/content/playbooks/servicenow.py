"""ServiceNow, by its Table interface: records of `incident`. The key is `correlation_id`, made for this."""

from tools.content.playbooks.incident import AGAIN, KEY, LINES, SEVERITY, SUMMARY
from tools.content.playbooks.tickets import Request, TicketSystem

_JSON = {"Content-Type": "application/json", "Accept": "application/json"}
_FOUND = "coalesce(body('Search')?['result'], json('[]'))"
_URGENCY = f"@if(equals({SEVERITY}, 'High'), '1', if(equals({SEVERITY}, 'Medium'), '2', '3'))"

SERVICENOW = TicketSystem(
    name="Claude-ServiceNowRecord",
    called="ServiceNow",
    address="https://EXAMPLE.service-now.com",
    user="a user with the role itil",
    credential="Name of the secret that holds the user's password",
    parameters={},
    search=Request(
        "GET",
        "/api/now/table/incident",
        {
            "headers": {"Accept": "application/json"},
            "queries": {
                "sysparm_query": f"correlation_id=@{{{KEY}}}^active=true^ORDERBYDESCsys_created_on",
                "sysparm_fields": "sys_id,number",
                "sysparm_limit": "1",
            },
        },
    ),
    found=_FOUND,
    create=Request(
        "POST",
        "/api/now/table/incident",
        {
            "headers": _JSON,
            "body": {
                "short_description": SUMMARY,
                "description": "\n".join(LINES),
                "urgency": _URGENCY,
                "impact": _URGENCY,
                "correlation_id": f"@{KEY}",
                "correlation_display": "claude-siem",
            },
        },
    ),
    add=Request(
        "PATCH",
        f"/api/now/table/incident/@{{first({_FOUND})?['sys_id']}}",
        {"headers": _JSON, "body": {"work_notes": AGAIN}},
    ),
    created_name="body('Create')?['result']?['number']",
    found_name=f"first({_FOUND})?['number']",
)
