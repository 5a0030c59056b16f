"""Splunk's own checks: AppInspect for Enterprise and Cloud without a failure or a warning, ksconf on every file."""

import io
import shutil
import tarfile
from pathlib import Path

import pytest

from tools.appinspect import ALL, inspect
from tools.splunk_inspect import rebuilt, unreadable
from tools.splunk_package import APP, APPS, package


def archive(app: Path, folder: Path) -> Path:
    path = folder / f"{app.name}.tgz"
    path.write_bytes(package(app))
    return path


@pytest.mark.parametrize("app", APPS, ids=lambda app: app.name)
def test_appinspect_passes_for_enterprise_and_cloud(app: Path, tmp_path: Path) -> None:
    report = inspect(archive(app, tmp_path))
    assert report.complaints() == []
    counts = report.counts()
    assert {ALL, "cloud", "private_victoria", "private_classic", "future"} <= set(counts)
    assert counts[ALL].total() == len(report.checks) > 240
    assert counts["cloud"]["success"] > 80


def test_the_inspection_can_fail(tmp_path: Path) -> None:
    app = Path(shutil.copytree(APP, tmp_path / "claude_siem"))
    (app / "default/app.conf").write_text((app / "default/app.conf").read_text().replace("0.1.0", "abc"))
    complaints = inspect(archive(app, tmp_path)).complaints()
    assert any(line.startswith("failure check_version_is_valid_semver: ") for line in complaints)


@pytest.mark.parametrize("app", APPS, ids=lambda app: app.name)
def test_ksconf_reads_every_conf_file(app: Path) -> None:
    assert unreadable(app) == ""


def test_ksconf_refuses_a_broken_conf_file(tmp_path: Path) -> None:
    (tmp_path / "macros.conf").write_text("[claude_activity]\ndefinition\n")
    assert "macros.conf" in unreadable(tmp_path)


@pytest.mark.parametrize("app", APPS, ids=lambda app: app.name)
def test_the_package_build_is_reproducible(app: Path) -> None:
    assert rebuilt(app) == package(app)


def test_the_package_leaves_out_what_a_user_keeps_in_local(tmp_path: Path) -> None:
    copied = Path(shutil.copytree(APP, tmp_path / "elsewhere/claude_siem"))
    (copied / "local").mkdir()
    (copied / "local/passwords.conf").write_text("[credential]\n")
    (copied / "default/.savedsearches.conf.swp").write_text("")
    with tarfile.open(fileobj=io.BytesIO(package(copied))) as packed:
        names = packed.getnames()
    assert not [name for name in names if "local" in name or ".swp" in name]
    assert package(copied) == package()
