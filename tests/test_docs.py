"""Documentation that cannot rot: made pages are current, links lead somewhere, named commands exist."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tools import activity_types_page, configuration_page
from tools.content.lookups import load_lookups

ROOT = Path(__file__).parent.parent
PAGES = [ROOT / name for name in ("README.md", "CONTRIBUTING.md", "CHANGELOG.md")] + sorted(ROOT.glob("docs/**/*.md"))


def test_the_configuration_page_is_made_from_the_settings_model() -> None:
    assert configuration_page.PAGE.read_text() == configuration_page.page()


def test_the_page_of_activity_types_is_made_from_the_catalogue() -> None:
    assert activity_types_page.PAGE.read_text() == activity_types_page.page()


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_link_between_pages_leads_somewhere(page: Path) -> None:
    targets = re.findall(r"\]\((?!https?:)([^)#]+)", page.read_text())
    assert [target for target in targets if not (page.parent / target).exists()] == []


def test_every_make_target_that_the_pages_name_exists() -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    named = {
        name for page in PAGES for name in re.findall(r"`make ([a-z-]+)`|^ *(?:\$ )?make ([a-z-]+)", page.read_text())
    }
    assert {one or other for one, other in named} <= targets


def test_every_lookup_and_the_commands_that_make_them_are_on_the_page_about_tuning() -> None:
    page = (ROOT / "docs/tuning.md").read_text()
    for lookup in load_lookups(ROOT / "detections/lookups"):
        assert f"| `{lookup.name}` | `{lookup.definition.watchlist}` |" in page
    for name, options in re.findall(r"^claude-siem lookups (\w+) (.+)$", page, re.MULTILINE):
        shown = subprocess.run(
            [sys.executable, "-m", "forwarder", "lookups", name, "--help"],
            capture_output=True,
            text=True,
            env={**os.environ, "COLUMNS": "200", "NO_COLOR": "1"},
        )
        assert [option for option in re.findall(r"--[a-z]+", options) if option not in shown.stdout] == []


def test_every_command_that_the_readme_names_exists() -> None:
    named = set(re.findall(r"claude-siem ([a-z-]+)", (ROOT / "README.md").read_text()))
    assert {"run", "check", "config", "simulate"} <= named
    for command in sorted(named):
        done = subprocess.run([sys.executable, "-m", "forwarder", command, "--help"], capture_output=True, text=True)
        assert done.returncode == 0, f"claude-siem {command}: {done.stderr}"
