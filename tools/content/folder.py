"""`detections/` as one value: the rules with their searches and queries, the bases, the lookups; and ASIM's tables."""

from pathlib import Path
from typing import NamedTuple

from forwarder.detect.functions import SavedFunction, saved_functions
from tools.content.asim_tables import Schema, load_schemas
from tools.content.lookups import Lookup, load_lookups
from tools.content.rules import Rule, UnfitRule, load_rule


class RuleTestCase(NamedTuple):
    """What must fire or must not, as its files have it."""

    name: str
    """`fires.…` or `quiet.…`."""
    events: str
    """NDJSON: stream, source, pivots and the event itself."""
    lookups: tuple[str, ...]
    """Names of the lookups that are filled in for it."""
    rows: str
    """The expected rows as a JSON list."""


class Detection(NamedTuple):
    """One rule folder."""

    folder: str
    """`<family>/<rule>`, the rule's name in exclusions."""
    rule: Rule
    spl: str
    kql: str
    test_cases: list[RuleTestCase]

    @property
    def stem(self) -> str:
        """The folder's own name with underscores, as macro names have it."""
        return self.folder.split("/")[1].replace("-", "_")

    @property
    def filter_macro(self) -> str:
        """The macro that ends the search, where a customer leaves results out."""
        return f"claude_{self.stem}_filter"

    def parameter_macro(self, parameter: str) -> str:
        """The macro that holds this parameter in Splunk."""
        return f"claude_param_{self.stem}_{parameter}"


class Content(NamedTuple):
    """All that the packages are made from."""

    detections: list[Detection]
    macros: dict[str, str]
    """Name and definition of the base macros."""
    functions: list[SavedFunction]
    lookups: list[Lookup]
    schemas: list[Schema]
    """Of ASIM."""


def read(root: Path) -> Content:
    """Everything under `detections/`, and `sentinel/asim/` beside it, sorted by name.

    Raises `UnfitRule` for what no package can hold.
    """
    lookups = load_lookups(root / "lookups")
    known = {lookup.name for lookup in lookups}
    return Content(
        [_detection(path.parent, known) for path in sorted(root.glob("*/*/rule.yaml"))],
        {path.stem: path.read_text().strip() for path in sorted((root / "base").glob("*.spl"))},
        saved_functions(root / "base"),
        lookups,
        load_schemas(root.parent / "sentinel" / "asim"),
    )


def _detection(folder: Path, lookups: set[str]) -> Detection:
    rule = load_rule(folder / "rule.yaml")
    if rule.family != folder.parent.name:
        raise UnfitRule(f"{folder}/rule.yaml: family: is {rule.family!r}, but the folder is in {folder.parent.name}")
    if unknown := set(rule.lookups) - lookups:
        raise UnfitRule(f"{folder}/rule.yaml: lookups: {sorted(unknown)} not in lookups.yaml")
    spl, kql = ((folder / name).read_text().strip() for name in ("search.spl", "query.kql"))
    test_cases = [_test_case(path) for path in sorted(folder.glob("*.jsonl"))]
    detection = Detection(f"{folder.parent.name}/{folder.name}", rule, spl, kql, test_cases)
    if not spl.endswith(f"| `{detection.filter_macro}`"):
        raise UnfitRule(f"{folder}/search.spl: must end in: | `{detection.filter_macro}`")
    return detection


def _test_case(path: Path) -> RuleTestCase:
    name = path.name.removesuffix(".jsonl")
    lookups = (file.name.removeprefix(f"{name}.").removesuffix(".csv") for file in path.parent.glob(f"{name}.*.csv"))
    expected = path.with_name(f"{name}.expect.json")
    return RuleTestCase(
        name, path.read_text(), tuple(sorted(lookups)), expected.read_text() if expected.exists() else "[]"
    )
