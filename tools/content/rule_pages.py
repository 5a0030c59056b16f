"""`docs/detections/`: one page per rule for analysts, and a list of all rules."""

from collections.abc import Iterable, Iterator

from tools.content.folder import Content, Detection
from tools.content.rules import Rule
from tools.content.saved_searches import search_name
from tools.content.text import listed, one_line

FOLDER = "docs/detections"
FENCE = "````"
"""Longer than three backticks, which enclose SPL comments."""
MADE = "<!-- Made by `make content` from `detections/`. -->\n\n"


def rule_pages(content: Content) -> dict[str, str]:
    """The list and the pages, by path."""
    pages = {f"{FOLDER}/{_file(detection)}": MADE + _page(detection) for detection in content.detections}
    return {f"{FOLDER}/README.md": MADE + _list(content), **pages}


def _file(detection: Detection) -> str:
    return f"{detection.folder.replace('/', '.')}.md"


def _list(content: Content) -> str:
    lines = [
        "# Detection rules",
        "",
        "Each rule is a saved search of the Splunk app (disabled by default) and an analytics rule of the Sentinel "
        "solution.",
        "How rules are written and tested: [detections](../../detections/README.md).",
    ]
    family = ""
    for detection in content.detections:
        rule = detection.rule
        if rule.family != family:
            family = rule.family
            lines += [
                "",
                f"## {family}",
                "",
                "| rule | title | severity | score | sources |",
                "| --- | --- | --- | --- | --- |",
            ]
        sources = ", ".join(f"`{need.source}`" for need in rule.sources)
        link = f"[{detection.folder.split('/')[1]}]({_file(detection)})"
        lines.append(f"| {link} | {rule.name} | {rule.severity} | {rule.score} | {sources} |")
    return "\n".join(lines) + "\n"


def _page(detection: Detection) -> str:
    rule = detection.rule
    parts = [
        f"# {rule.name}",
        one_line(rule.summary),
        one_line(rule.why),
        _facts(detection),
        "## Triage",
        _steps(rule),
        "## False positives",
        "\n".join(f"- {one_line(text)}" for text in rule.false_positives),
        "## Tuning",
        _parameters(detection),
        "## Data",
        _data(rule),
        "## Searches",
        f"Splunk, `{search_name(rule)}`:",
        f"{FENCE}spl\n{detection.spl}\n{FENCE}",
        f"Sentinel, `Claude - {rule.name}`:",
        f"{FENCE}kusto\n{detection.kql}\n{FENCE}",
    ]
    return "\n\n".join(parts) + "\n"


def _facts(detection: Detection) -> str:
    rule = detection.rule
    schedule = rule.schedule
    rows = [
        ("Rule", f"`{detection.folder}`, version {rule.version}"),
        ("Severity, score", f"{rule.severity}, {rule.score} for `{rule.risk_object}`"),
        ("Runs", f"every {schedule.every}, looks back {schedule.lookback}"),
        ("Suppression", f"{rule.suppress.for_} by {_codes(rule.suppress.by)}"),
        ("Entities", _codes(entity.column for entity in rule.entities)),
        ("MITRE ATT&CK", ", ".join(rule.mitre_attack)),
        ("MITRE ATLAS", ", ".join(rule.atlas)),
        ("OWASP", ", ".join(rule.owasp)),
        ("Controls", ", ".join(rule.controls)),
    ]
    return "\n".join(["| | |", "| --- | --- |", *(f"| {name} | {text} |" for name, text in rows if text)])


def _steps(rule: Rule) -> str:
    book = rule.runbook
    steps = (("Meaning", book.means), ("Look first", book.look_first), ("Ask", book.ask), ("Contain", book.stop))
    return "\n".join(f"- **{name}:** {listed(text)}" for name, text in steps)


def _parameters(detection: Detection) -> str:
    rule = detection.rule
    rows = [
        f"| `{name}` | {held.default} | {held.unit} | {held.meaning} | {_macro(detection, name)} |"
        for name, held in rule.parameters.items()
    ]
    head = ["| parameter | default | unit | meaning | Splunk macro |", "| --- | --- | --- | --- | --- |"]
    table = "\n".join([*head, *rows])
    lookups = _codes(rule.lookups)
    own = (
        "In Sentinel, a parameter is a `let` line at the top of the query. "
        f"In Splunk, `{detection.filter_macro}` excludes results."
    )
    return "\n\n".join([table, own, *([f"Lookups and watchlists: {lookups}."] if lookups else [])])


def _macro(detection: Detection, name: str) -> str:
    """`fresh` of a search that has no macro of its own for it is read by its base macro."""
    macro = detection.parameter_macro(name)
    if f"`{macro}`" in detection.spl:
        return f"`{macro}`"
    return "`claude_fresh`, for all such rules" if name == "fresh" else "time range of the search"


def _data(rule: Rule) -> str:
    return "\n".join(_need(rule))


def _need(rule: Rule) -> Iterator[str]:
    yield "| source | fields | lateness |"
    yield "| --- | --- | --- |"
    for need in rule.sources:
        yield f"| `{need.source}` | {_codes(need.fields)} | {need.lateness} |"


def _codes(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)
