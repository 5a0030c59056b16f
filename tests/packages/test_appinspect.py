"""Splunk's own checks: AppInspect for Splunk Cloud without a failure or a warning, ksconf on every conf file.

AppInspect's exit status says nothing; the JSON summary is read. `pylibmagic` brings the libmagic that it needs.
"""

import io
import json
import shutil
import subprocess
import sys
import tarfile
from pathlib import Path
from typing import Any

import pytest

from tools.splunk_package import package

_RUN = "import pylibmagic,sys; from splunk_appinspect.main import execute; sys.exit(execute())"


def inspect(archive: bytes, folder: Path) -> dict[str, Any]:
    """AppInspect's report on the archive."""
    (folder / "claude_siem.tgz").write_bytes(archive)
    options = ["--mode", "precert", "--included-tags", "cloud", "--data-format", "json", "--output-file", "report.json"]
    command = [sys.executable, "-W", "ignore", "-c", _RUN, "inspect", "claude_siem.tgz", *options]
    subprocess.run(command, cwd=folder, check=True, capture_output=True, timeout=120)
    report: dict[str, Any] = json.loads((folder / "report.json").read_text())
    return report


def complaints(report: dict[str, Any]) -> list[str]:
    """What was not passed, with its messages."""
    checks = [check for app in report["reports"] for group in app["groups"] for check in group["checks"]]
    bad = [check for check in checks if check["result"] in {"failure", "warning", "error", "future_failure"}]
    return [f"{check['result']} {check['name']}: {[m['message'] for m in check['messages']]}" for check in bad]


def test_appinspect_for_splunk_cloud_has_no_failure_and_no_warning(tmp_path: Path) -> None:
    report = inspect(package(), tmp_path)
    assert complaints(report) == []
    summary = report["summary"]
    assert (summary["error"], summary["failure"], summary["warning"]) == (0, 0, 0)
    assert summary["success"] > 80


def test_the_inspection_can_fail(tmp_path: Path, root: Path) -> None:
    app = tmp_path / "claude_siem"
    shutil.copytree(root / "splunk_app/claude_siem", app)
    (app / "default/app.conf").write_text((app / "default/app.conf").read_text().replace("0.1.0", "abc"))
    assert any("check_version_is_valid_semver" in line for line in complaints(inspect(package(app), tmp_path)))


def test_ksconf_reads_every_conf_file(root: Path) -> None:
    files = sorted((root / "splunk_app/claude_siem/default").glob("*.conf"))
    ksconf = Path(sys.executable).parent / "ksconf"
    run = subprocess.run([ksconf, "check", *files], capture_output=True, text=True, timeout=60)
    assert files
    assert run.returncode == 0, run.stdout + run.stderr


def test_ksconf_refuses_a_broken_conf_file(tmp_path: Path) -> None:
    broken = tmp_path / "macros.conf"
    broken.write_text("[claude_activity]\ndefinition\n")
    run = subprocess.run([Path(sys.executable).parent / "ksconf", "check", broken], capture_output=True, timeout=60)
    assert run.returncode != 0


@pytest.fixture
def copied(tmp_path: Path, root: Path) -> Path:
    return Path(shutil.copytree(root / "splunk_app/claude_siem", tmp_path / "elsewhere/claude_siem"))


def test_the_package_is_equal_wherever_it_is_built(copied: Path) -> None:
    for path in copied.rglob("*"):
        path.chmod(0o700 if path.is_dir() else 0o600)
    assert package(copied) == package()


def test_the_package_leaves_out_what_a_user_keeps_in_local(copied: Path) -> None:
    (copied / "local").mkdir()
    (copied / "local/passwords.conf").write_text("[credential]\n")
    (copied / "default/.savedsearches.conf.swp").write_text("")
    with tarfile.open(fileobj=io.BytesIO(package(copied))) as archive:
        names = archive.getnames()
    assert not [name for name in names if "local" in name or ".swp" in name]
    assert package(copied) == package()
