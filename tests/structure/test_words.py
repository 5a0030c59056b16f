"""Names and texts use the field's words (`docs/glossary.md`), not the riddles that stood for them once."""

import io
import re
import subprocess
import tokenize
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent
PLACES = (
    "forwarder/**.py",
    "forwarder/**.yaml",
    "forwarder/**.md",
    "tests/**.py",
    "tests/**.yaml",
    "tests/**.md",
    "tests/**.js",
    "tools/**.py",
    "tools/**.yaml",
    "tools/**.mjs",
    "tools/**.jsx",
    "tools/**.html",
    "detections/**.yaml",
    "detections/**.spl",
    "detections/**.kql",
    "detections/*.md",
    "docs/**.md",
    "splunk_app/**.md",
    "splunk_app/**.yaml",
    "splunk_app/**.conf",
    "sentinel/**.md",
    "sentinel/**.yaml",
    "samples/*.md",
    "*.md",
    "setup.cfg",
    "Makefile",
    "deploy/*",
)
RIDDLES = re.compile(
    r"told|tells|mend|mends|mended|belongings|stretch|stretches|portions?|unfamiliar|pivots?|pivoted|dearer|whoever|"
    r"somebody|sighting|letter ?box|side door|put back",
    re.IGNORECASE,
)
IDENTIFIERS = frozenset({"said", "says", "moment", "moments", "story", "stories", "judges", "judged", "heard"})
"""Ordinary words in a sentence, but no names of things in code."""
ALLOWED = {
    "docs/sources.md": "pivot",  # of the name of a host
    "tests/otlp/test_origins.py": "pivot",  # likewise
    "tests/structure/test_words.py": RIDDLES.pattern,
    "tests/spl/test_against_duckdb.py": "pivot",  # of SQL
    "tests/spl/test_refusals.py": "pivot",  # of SPL
    "tests/store/old_stores.py": "pivots",  # a column of older stores
}


def test_no_name_and_no_text_uses_a_word_for_which_the_field_has_a_better_one() -> None:
    files = _listed(*PLACES)
    assert len(files) > 900
    assert [use for name in files for use in _uses(name)] == []


def test_no_file_is_named_with_such_a_word() -> None:
    riddles = _words("|".join((RIDDLES.pattern, *IDENTIFIERS)))
    files = _listed("forwarder", "tests", "tools", "detections", "docs", "splunk_app", "sentinel", "samples", "deploy")
    assert [name for name in files if riddles.search(name)] == []


def test_identifiers_name_a_thing_and_not_that_it_was_reported() -> None:
    assert [
        use for name in _listed("forwarder/**.py", "tests/**.py", "tools/**.py") for use in _identifiers(name)
    ] == []


def _listed(*places: str) -> list[str]:
    listed = subprocess.run(["git", "ls-files", "-z", *places], cwd=ROOT, capture_output=True, text=True, check=True)  # noqa: S607
    return [name for name in listed.stdout.split("\0") if name]


def _uses(name: str) -> list[str]:
    """Where a riddle stands as a word of its own, or as a part of a name between underscores."""
    text, allowed = (ROOT / name).read_text(encoding="utf-8"), re.compile(ALLOWED.get(name, "(?!)"), re.IGNORECASE)
    uses = [use for use in _words(RIDDLES.pattern).finditer(text) if not allowed.fullmatch(use[0])]
    return [f"{name}:{text.count(chr(10), 0, use.start()) + 1}: {use[0]}" for use in uses]


def _identifiers(name: str) -> list[str]:
    """Where a name in code has such a part. Names of tests are sentences."""
    text = (ROOT / name).read_text(encoding="utf-8")
    if not _words("|".join(IDENTIFIERS)).search(text):
        return []
    return [
        f"{name}:{token.start[0]}: {token.string}"
        for token in tokenize.generate_tokens(io.StringIO(text).readline)
        if token.type == tokenize.NAME and not token.string.startswith("test_")
        if IDENTIFIERS & set(token.string.lower().split("_"))
    ]


@cache
def _words(pattern: str) -> re.Pattern[str]:
    return re.compile(rf"(?<![^\W_])(?:{pattern})(?![^\W_])", re.IGNORECASE)
