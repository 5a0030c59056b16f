"""`docs/activity-types.md`, made from the catalogue: `python -m tools.activity_types_page`."""

from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path

from forwarder.detect import bundled_rules
from forwarder.ocsf.core.captions import SEVERITIES
from forwarder.ocsf.core.severity import FACT, RISKS
from forwarder.ocsf.feed.catalogue import families
from forwarder.ocsf.feed.listing import TypeMapping, mappings

PAGE = Path(__file__).parent.parent / "docs" / "activity-types.md"
OPENING = """# Activity types

How each type of the Activity Feed is mapped. `claude-siem catalogue` prints the same list for scripts, `claude-siem
catalogue TYPE` one type in full; the source is the table in `forwarder/ocsf/feed/themes/`. A type that is not listed is
mapped by the words of its name, labeled `mapping:fallback`, counted in `forwarder_unmapped_total` and named in the
health event.

Every event has the label `theme:NAME`. Where the value of a field (column *by*) selects another activity, status or
severity, the table shows the default.
"""


def page() -> str:
    """The whole page."""
    rows = list(mappings())
    themes = (_theme(name, family["about"], rows) for name, family in families().items())
    return "\n".join(
        [OPENING, *_severities(rows), *_classes(rows), *_rules(rows), *(line for t in themes for line in t)]
    )


def _severities(rows: list[TypeMapping]) -> Iterator[str]:
    count = Counter(row.risk for row in rows)
    yield from ("## Severity", "", "| risk | severity | meaning | types |", "| --- | --- | --- | ---: |")
    yield f"| a recorded fact | {FACT.severity} | {FACT.meaning} | {count['']} |"
    for name, risk in sorted(RISKS.items(), key=lambda item: list(SEVERITIES.values()).index(item[1].severity)):
        yield f"| {name} | {risk.severity} | {risk.meaning} | {count[name]} |"
    yield ""


def _classes(rows: list[TypeMapping]) -> Iterator[str]:
    count = Counter((row.class_uid, row.class_name, row.cim, row.asim) for row in rows)
    yield from ("## Classes", "", "| OCSF class | CIM tags | ASIM schema | types |", "| --- | --- | --- | ---: |")
    yield from (
        f"| {uid} {name} | {cim} | {asim} | {number} |" for (uid, name, cim, asim), number in sorted(count.items())
    )
    yield ""


def _rules(rows: list[TypeMapping]) -> Iterator[str]:
    yield from ("## Rules", "", "| rule | types it reads |", "| --- | ---: |")
    for rule in bundled_rules():
        yield f"| {rule.name} | {sum(rule.covers(row.code) for row in rows)} |"
    yield ""


def _theme(name: str, about: str, rows: Iterable[TypeMapping]) -> Iterator[str]:
    rules = list(bundled_rules())
    yield from (f"## {name}", "", f"{about}.", "")
    yield "| type | what happened | class: activity | object | severity | by | CIM | ASIM | stream | rules |"
    yield "| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |"
    for row in rows:
        if row.theme == name:
            used = ", ".join(rule.name for rule in rules if rule.covers(row.code))
            activity = f"{row.class_uid}: {row.activity}" + (f" ({row.status})" if row.status != "Success" else "")
            severity = f"{row.severity}: {row.risk}" if row.risk else row.severity
            cells = (f"`{row.code}`", row.means, activity, row.object, severity, row.chosen_by, row.cim, row.asim)
            yield f"| {' | '.join(cells)} | {row.stream} | {used} |"
    yield ""


def main() -> None:
    """Writes the page."""
    PAGE.write_text(page(), encoding="utf-8")


if __name__ == "__main__":
    main()
