"""The fields that playbooks read from an incident, and the key by which they find earlier ones.

The key consists of the analytics rules and the users, keys and applications of the incident, by which our rules group
findings. Incidents with the same key belong together. Form of an incident: Microsoft Sentinel, incidents and entities
REST interface.
"""

from tools.content.playbooks.actions import Action, compose, keep, select

PROPERTIES = "triggerBody()?['object']?['properties']"
TITLE = f"{PROPERTIES}?['title']"
SEVERITY = f"{PROPERTIES}?['severity']"
SUMMARY = f"@take(concat('Claude: ', coalesce({TITLE}, 'incident')), 160)"
"""One line, as short as ServiceNow wants it."""
_ABOUT = "join(body('Names'), ', ')"
LINES = (
    f"@{{coalesce({TITLE}, 'Incident')}}",
    f"Severity: @{{{SEVERITY}}}",
    f"Entities: @{{{_ABOUT}}}",
    f"Incident @{{{PROPERTIES}?['incidentNumber']}}: @{{{PROPERTIES}?['incidentUrl']}}",
    f"@{{if(empty({PROPERTIES}?['description']), 'No description.', {PROPERTIES}?['description'])}}",
)
"""Lines of a ticket. No line is ever empty."""
AGAIN = f"New incident @{{{PROPERTIES}?['incidentNumber']}} (@{{{SEVERITY}}}), @{{{PROPERTIES}?['incidentUrl']}}"
KEY = "outputs('Key')"
LONGEST_KEY = 100
"""Characters that ServiceNow's `correlation_id` holds; a label of Jira holds 255."""
_FULL_KEY = (
    "concat('claude-', join(sort(union(body('Rules'), body('Rules'))), '+'), '-', "
    "uriComponent(join(sort(union(body('Names'), body('Names'))), '+')))"
)


def about() -> dict[str, Action]:
    """Names of the users, keys and applications of the incident, with complete e-mail addresses."""
    entities = f"@coalesce({PROPERTIES}?['relatedEntities'], json('[]'))"
    return {
        "Who": keep(entities, "@contains(createArray('Account', 'CloudApplication'), item()?['kind'])"),
        "Names": select("@body('Who')", f"@{entity_name()}"),
    }


def entity_name() -> str:
    """The name of `item()`, an entity of a kind that playbooks read."""
    properties = "item()?['properties']?"
    names = ", ".join(f"{properties}['{name}']" for name in ("accountName", "appName", "instanceName", "friendlyName"))
    domain = f"{properties}['upnSuffix']"
    return f"concat(coalesce({names}, item()?['name']), if(empty({domain}), '', concat('@', {domain})))"


def key() -> dict[str, Action]:
    """The key, in characters that need no escaping in a query. If it is too long, the incident's own id."""
    rules = f"@coalesce({PROPERTIES}?['relatedAnalyticRuleIds'], json('[]'))"
    return {
        "Rules": select(rules, "@toLower(last(split(string(item()), '/')))"),
        "Full_key": compose(f"@{_FULL_KEY}"),
        "Key": compose(
            f"@if(lessOrEquals(length(outputs('Full_key')), {LONGEST_KEY}), outputs('Full_key'), "
            "concat('claude-', triggerBody()?['object']?['name']))"
        ),
    }
