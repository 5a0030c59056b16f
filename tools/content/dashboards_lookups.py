"""Lookups that dashboards read and nobody tunes: what an event code means, what each rule needs.

`claude_codes.csv` is made from the forwarder's own tables, `claude_rules.csv` from `detections/`.
"""

import csv
import io
from collections.abc import Iterable, Iterator

from forwarder.ocsf.admin.lists import list_mappings
from forwarder.ocsf.agent.attributes import attribute_types, written
from forwarder.ocsf.core.severity import RISKS
from forwarder.ocsf.feed.catalogue import plans
from tools.content.folder import Content, Detection
from tools.content.saved_searches import search_name

_CODES = ("claude_code", "theme", "means", "risk")
_RULES = ("rule", "name", "search_name", "family", "severity", "score", "needs")
_TELEMETRY = ("claude_code", "cowork")
"""Products whose log records are named by the same table."""


def dashboard_lookups(content: Content) -> dict[str, str]:
    """Lookup name and CSV."""
    return {
        "claude_codes": _csv(_CODES, sorted([*activity_codes(), *_list_changes(), *_telemetry()])),
        "claude_rules": _csv(_RULES, [_rule(detection) for detection in content.detections]),
    }


def activity_codes() -> Iterator[tuple[str, str, str, str]]:
    """Type, theme, meaning, risk: the worst that a type may be; what an event is says its own severity."""
    for code, plan in plans().items():
        variants = [other for choice in plan.choices for other in choice.plans.values()]
        worst = max([plan, *variants], key=lambda one: one.severity_id)
        yield code, plan.theme, plan.means, worst.risk


def _list_changes() -> Iterator[tuple[str, str, str, str]]:
    """What differs between two lists, in the words of its code: `API Key: status changed`."""
    for kind in list_mappings().values():
        risks: dict[str, str | None] = {}
        for row in kind.differences:
            risks[row.code] = max(risks.get(row.code), row.risk, key=_weight)
        for code, risk in risks.items():
            yield f"{kind.code}.{code}", "list-changes", f"{kind.caption}: {code.replace('_', ' ')}", risk or ""


def _weight(risk: str | None) -> int:
    return list(RISKS).index(risk) + 1 if risk else 0


def _telemetry() -> Iterator[tuple[str, str, str, str]]:
    known = {service.code for service in attribute_types().services.values()}
    for product in _TELEMETRY:
        if product not in known:
            raise ValueError(f"{product} is no product of the telemetry table; there are {sorted(known)}")
        for name, entry in written("events").items():
            yield f"{product}.{name}", "agent-telemetry", entry["about"], entry.get("risk", "")


def _rule(detection: Detection) -> tuple[str, ...]:
    """`needs`: the sources as events name them, with blanks between."""
    rule = detection.rule
    needs = " ".join(f"claude:{need.source}" for need in rule.sources)
    return detection.folder, rule.name, search_name(rule), rule.family, rule.severity, str(rule.score), needs


def _csv(header: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(header)
    writer.writerows(rows)
    return text.getvalue()
