"""What is made from detections/ is current, and a stale, missing or left-over file is noticed."""

import subprocess
import sys
from pathlib import Path

import pytest

from tools import splunk_icons
from tools.content.files import made_files, stale, write
from tools.content.folder import Content


def test_every_made_file_is_current(root: Path, content: Content) -> None:
    assert stale(root, made_files(content)) == []


def test_the_check_command_agrees(root: Path) -> None:
    run = subprocess.run(
        [sys.executable, "-m", "tools.content", "--check"], cwd=root, capture_output=True, text=True, timeout=60
    )
    assert (run.returncode, run.stderr) == (0, "")


def test_icons_are_current(root: Path) -> None:
    for name, side in splunk_icons.SIZES.items():
        assert (root / "splunk_app/claude_siem/static" / name).read_bytes() == splunk_icons.icon(side)


@pytest.fixture
def made(tmp_path: Path, content: Content) -> tuple[Path, dict[str, str]]:
    files = made_files(content)
    write(tmp_path, files)
    assert stale(tmp_path, files) == []
    return tmp_path, files


def test_an_edited_file_is_stale(made: tuple[Path, dict[str, str]]) -> None:
    folder, files = made
    path = folder / "splunk_app/claude_siem/default/macros.conf"
    path.write_text(path.read_text() + "# mine\n")
    assert stale(folder, files) == ["splunk_app/claude_siem/default/macros.conf"]


def test_a_file_without_a_rule_is_stale_and_removed(made: tuple[Path, dict[str, str]]) -> None:
    folder, files = made
    left_over = folder / "sentinel/Analytic Rules/ClaudeGone.yaml"
    left_over.write_text("id: gone\n")
    assert stale(folder, files) == ["sentinel/Analytic Rules/ClaudeGone.yaml"]
    write(folder, files)
    assert not left_over.exists()
