"""`savedsearches.conf`: each rule as a correlation search of Splunk Enterprise Security, switched off.

Keys are those of Splunk's own generator (contentctl, `savedsearches_detections.j2`). Enterprise Security takes only
names that end in `- Rule`. An Anomaly raises risk (an intermediate finding); a TTP raises a finding too. Without
Enterprise Security the same searches are alerts under Activity > Triggered Alerts.
"""

import json

from forwarder.splunkd import knowledge_objects
from tools.content.drilldowns import drilldown
from tools.content.durations import minutes
from tools.content.findings import finding_search
from tools.content.folder import Content, Detection
from tools.content.rules import Rule
from tools.content.text import listed, one_line, paragraphs
from tools.content.tickets import ticket_actions

_THREAT_OBJECTS = {"IP": "ip_address", "URL": "url", "FileHash": "file_hash", "File": "file_name"}
"""Sentinel entity type and what risk-based alerting calls it."""
_ALERT_SEVERITY = {"informational": 2, "low": 3, "medium": 4, "high": 5}
"""savedsearches.conf.spec: 2 info, 3 warn, 4 error, 5 severe."""


def saved_searches(content: Content) -> dict[str, dict[str, str | int]]:
    """The stanzas by name."""
    return {search_name(d.rule): _stanza(d) for d in content.detections}


def search_name(rule: Rule) -> str:
    """The saved search's name in Splunk."""
    return knowledge_objects.search_name(rule.name)


def _stanza(detection: Detection) -> dict[str, str | int]:
    rule = detection.rule
    return {
        "disabled": 1,
        "description": " ".join(paragraphs(rule)),
        **_correlation(rule),
        **_risk(rule),
        **(_finding(rule) if rule.type == "TTP" else {}),
        "action.notable.param.drilldown_searches": json.dumps([drilldown(detection)]),
        **ticket_actions(rule),
        **_dispatch(rule),
        **_trigger(rule),
        "search": finding_search(detection),
    }


def _correlation(rule: Rule) -> dict[str, str | int]:
    tags = {
        "mitre_attack": rule.mitre_attack,
        "atlas": rule.atlas,
        "owasp": rule.owasp,
        "controls": rule.controls,
        "type": [rule.type],
    }
    metadata = {"deprecated": "0", "detection_id": str(rule.id), "detection_version": rule.version}
    return {
        "action.correlationsearch.enabled": 1,
        "action.correlationsearch.detection_type": "ebd",
        "action.correlationsearch.label": search_name(rule),
        "action.correlationsearch.annotations": json.dumps({key: value for key, value in tags.items() if value}),
        "action.correlationsearch.metadata": json.dumps(metadata),
    }


def _risk(rule: Rule) -> dict[str, str | int]:
    risk_object: dict[str, str | int] = {
        "risk_object_field": rule.risk_object,
        "risk_object_type": rule.risk_object_type,
        "risk_score": rule.score,
    }
    threats: list[dict[str, str | int]] = [
        {"threat_object_field": entity.column, "threat_object_type": _THREAT_OBJECTS[entity.type]}
        for entity in rule.entities
        if entity.type in _THREAT_OBJECTS
    ]
    return {
        "action.risk": 1,
        "action.risk.param._risk": json.dumps([risk_object, *threats]),
        "action.risk.param._risk_message": one_line(rule.message),
        "action.risk.param._risk_score": 0,
        "action.risk.param.verbose": 0,
    }


def _finding(rule: Rule) -> dict[str, str | int]:
    """The entity is named without a score of its own: the risk action gives it, and it must not count twice."""
    entity = {"risk_object_field": rule.risk_object, "risk_object_type": rule.risk_object_type, "risk_score": 0}
    return {
        "action.notable": 1,
        "action.notable.param.rule_title": f"Claude - {rule.name}: $entity$",
        "action.notable.param.rule_description": one_line(rule.message),
        "action.notable.param.security_domain": rule.security_domain,
        "action.notable.param.severity": rule.severity,
        "action.notable.param.nes_fields": ",".join(rule.suppress.by),
        "action.notable.param._entities": json.dumps([entity]),
        "action.notable.param.next_steps": json.dumps({"version": 1, "data": _next_steps(rule)}),
    }


def _next_steps(rule: Rule) -> str:
    book = rule.runbook
    steps = (("Look first", book.look_first), ("Ask", book.ask), ("Contain", book.stop))
    return "\n".join(f"{number}. {name}: {listed(text)}" for number, (name, text) in enumerate(steps, 1))


def _dispatch(rule: Rule) -> dict[str, str | int]:
    """Event time reaches back as far as late events may; the search itself takes what came in since the last run.

    `realtime_schedule = 0` runs every period, also missed ones, each with the time range of its own time
    (savedsearches.conf.spec). There is no `schedule_window` and no `allow_skew`: a run that is later than usual by
    more than the rule's overlap would leave a gap where a rule goes by the clock. `cron` spreads the rules instead.
    """
    return {
        "cron_schedule": cron(rule),
        "dispatch.earliest_time": f"-{rule.schedule.lookback}",
        "dispatch.latest_time": "now",
        "enableSched": 1,
        "realtime_schedule": 0,
    }


def cron(rule: Rule) -> str:
    """When it runs; rules of one rhythm are spread over the minutes of it by their id, which never changes."""
    every = minutes(rule.schedule.every)
    offset = rule.id.int % min(every, 60)
    if every < 60:
        return f"{offset}-59/{every} * * * *"
    if every == 60:
        return f"{offset} * * * *"
    return f"{offset} */{every // 60} * * *" if every < 1440 else f"{offset} {rule.id.int % 6} * * *"


def _trigger(rule: Rule) -> dict[str, str | int]:
    """Per result: only so are rows suppressed by their fields (Alerting Manual, *Throttle alerts*), each on its own."""
    return {
        "counttype": "number of events",
        "relation": "greater than",
        "quantity": 0,
        "alert.track": 1,
        "alert.severity": _ALERT_SEVERITY[rule.severity],
        "alert.expires": "7d",
        "alert.digest_mode": 0,
        "alert.suppress": 1,
        "alert.suppress.fields": ",".join(rule.suppress.by),
        "alert.suppress.period": f"{minutes(rule.suppress.for_) * 60}s",
    }
