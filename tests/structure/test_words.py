"""Names and texts use the field's words (`docs/glossary.md`), not the riddles that stood for them once."""

import re
import subprocess
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent
PLACES = (
    "forwarder/**.py",
    "forwarder/**.yaml",
    "forwarder/**.md",
    "tools/**.py",
    "detections/**.yaml",
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
    r"told|tells|mend|mends|mended|belongings|stretch|stretches|portions?|unfamiliar|pivots?|dearer|whoever|"
    r"somebody|sighting|letter ?box|side door|put back",
    re.IGNORECASE,
)


def test_no_name_and_no_text_uses_a_word_for_which_the_field_has_a_better_one() -> None:
    listed = subprocess.run(["git", "ls-files", "-z", *PLACES], cwd=ROOT, capture_output=True, text=True, check=True)  # noqa: S607
    files = [name for name in listed.stdout.split("\0") if name]
    assert len(files) > 300
    assert [use for name in files for use in _uses(name)] == []


def _uses(name: str) -> list[str]:
    """Where a riddle stands as a word of its own, or as a part of a name between underscores."""
    lines = (ROOT / name).read_text(encoding="utf-8").splitlines()
    words = re.compile(rf"(?<![^\W_])({RIDDLES.pattern})(?![^\W_])", re.IGNORECASE)
    return [f"{name}:{number}: {line.strip()}" for number, line in enumerate(lines, 1) if words.search(line)]
