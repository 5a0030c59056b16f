"""Ready settings for alert actions that open tickets: filled in for each rule, and switched off.

Who wants tickets names an account and says 1. Parameters are those of the add-ons' `alert_actions.conf.spec`: Splunk
Add-on for ServiceNow 7 (`snow_incident`, `snow_event`), Add-on for JIRA Service Desk 2 (`jira_service_desk`); the
webhook is Splunk's own and sends the whole row. `$result.…$` is the first row an action is given, which is why rules
trigger per result.
"""

from tools.content.rules import Rule

Settings = dict[str, str | int]
_URGENCY = {"high": 1, "medium": 2, "low": 3, "informational": 3}
"""ServiceNow, incident: 1 High to 3 Low."""
_EVENT_SEVERITY = {"high": 2, "medium": 3, "low": 4, "informational": 5}
"""ServiceNow, Event Management: 1 Critical, 2 Major, 3 Minor, 4 Warning, 5 Info."""
_PRIORITY = {"high": "High", "medium": "Medium", "low": "Low", "informational": "Lowest"}
"""Jira, the default scheme."""
_TEXT = "$result.message$ Runbook: $result.runbook$"


def ticket_actions(rule: Rule) -> Settings:
    """All of them, by key of `savedsearches.conf`."""
    parameters = {
        "snow_incident": _incident(rule),
        "snow_event": _event(rule),
        "jira_service_desk": _issue(rule),
        "webhook": {},
    }
    return {key: value for action, settings in parameters.items() for key, value in _action(action, settings).items()}


def _action(name: str, parameters: Settings) -> Settings:
    return {f"action.{name}": 0, **{f"action.{name}.param.{key}": value for key, value in parameters.items()}}


def _incident(rule: Rule) -> Settings:
    """An incident that is open under the same `correlation_id` is updated instead of a new one made."""
    return {
        "category": "software",
        "contact_type": "monitoring",
        "correlation_id": "$result.dedup_key$",
        "short_description": _title(rule),
        "impact": _URGENCY[rule.severity],
        "urgency": _URGENCY[rule.severity],
        "splunk_url": "$results_link$",
        "custom_fields": f"description={_TEXT}||correlation_display=claude-siem",
    }


def _event(rule: Rule) -> Settings:
    """Event Management makes one alert of events with the same `message_key`."""
    return {
        "node": "claude.ai",
        "type": rule.name,
        "resource": "$result.entity$",
        "severity": _EVENT_SEVERITY[rule.severity],
        "description": _TEXT,
        "additional_info": "url=$results_link$||runbook=$result.runbook$",
        "custom_fields": "message_key=$result.dedup_key$",
    }


def _issue(rule: Rule) -> Settings:
    """An issue that is not done and was made for the same content gets a comment instead of a twin."""
    return {
        "jira_priority": _PRIORITY[rule.severity],
        "jira_summary": _title(rule),
        "jira_description": f"{_TEXT} Results: $results_link$",
        "jira_labels": "claude-siem",
        "jira_dedup": "enabled",
        "jira_dedup_content": "$result.dedup_key$",
        "jira_dedup_exclude_statuses": "Done",
    }


def _title(rule: Rule) -> str:
    return f"Claude - {rule.name}: $result.entity$"
