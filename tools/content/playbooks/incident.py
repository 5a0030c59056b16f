"""What playbooks read from an incident, and the key by which they know that they have seen the like.

The key is the analytics rules and the people, keys and applications of the incident: what our rules group findings by.
Two incidents of one key are one matter. Form of an incident: Microsoft Sentinel, incidents and entities REST interface.
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
    f"About: @{{{_ABOUT}}}",
    f"Incident @{{{PROPERTIES}?['incidentNumber']}}: @{{{PROPERTIES}?['incidentUrl']}}",
    f"@{{if(empty({PROPERTIES}?['description']), 'No description.', {PROPERTIES}?['description'])}}",
)
"""What a ticket tells; no line is ever empty."""
AGAIN = f"Again: incident @{{{PROPERTIES}?['incidentNumber']}} (@{{{SEVERITY}}}), @{{{PROPERTIES}?['incidentUrl']}}"
KEY = "outputs('Key')"
LONGEST_KEY = 100
"""Characters that ServiceNow's `correlation_id` holds; a label of Jira holds 255."""
_FULL_KEY = (
    "concat('claude-', join(sort(union(body('Rules'), body('Rules'))), '+'), '-', "
    "uriComponent(join(sort(union(body('Names'), body('Names'))), '+')))"
)


def about() -> dict[str, Action]:
    """The people, keys and applications of the incident: their names, an e-mail address whole."""
    entities = f"@coalesce({PROPERTIES}?['relatedEntities'], json('[]'))"
    return {
        "Who": keep(entities, "@contains(createArray('Account', 'CloudApplication'), item()?['kind'])"),
        "Names": select("@body('Who')", f"@{entity_name()}"),
    }


def entity_name() -> str:
    """The name of `item()`, an entity of a kind that playbooks read."""
    told = "item()?['properties']?"
    names = ", ".join(f"{told}['{name}']" for name in ("accountName", "appName", "instanceName", "friendlyName"))
    domain = f"{told}['upnSuffix']"
    return f"concat(coalesce({names}, item()?['name']), if(empty({domain}), '', concat('@', {domain})))"


def key() -> dict[str, Action]:
    """The key, in letters that no query has to escape; of an incident that has too long a one, its own id."""
    rules = f"@coalesce({PROPERTIES}?['relatedAnalyticRuleIds'], json('[]'))"
    return {
        "Rules": select(rules, "@toLower(last(split(string(item()), '/')))"),
        "Full_key": compose(f"@{_FULL_KEY}"),
        "Key": compose(
            f"@if(lessOrEquals(length(outputs('Full_key')), {LONGEST_KEY}), outputs('Full_key'), "
            "concat('claude-', triggerBody()?['object']?['name']))"
        ),
    }
