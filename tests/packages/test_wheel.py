"""What `pip install` brings is whole and has one top-level name: rules, test cases and what is deployed run from it."""

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
DATA = {".yaml", ".json", ".sql"}
SHIPPED = ("detections/", "sentinel/azuredeploy.json", "sentinel/deploy/", "sentinel/Playbooks/")
RUN = """
from datetime import UTC, datetime
from forwarder.azure.solution import shipped_rules, template
from forwarder.detect import run_detections
from forwarder.siem.test_cases import bundled_test_cases
from forwarder.splunkd.knowledge_objects import shipped_app
alerts, app = run_detections({}, datetime.now(UTC)), shipped_app()
print(len(alerts), len(bundled_test_cases().rules), len(app.searches), len(shipped_rules()))
print(len(app.macros), sorted(template())[:1])
"""


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel of what is committed."""
    folder = tmp_path_factory.mktemp("wheel")
    source = folder / "source"
    subprocess.run(["git", "clone", "--quiet", str(ROOT), str(source)], check=True)  # noqa: S607
    command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation"]
    subprocess.run([*command, "--wheel-dir", str(folder), str(source)], check=True, capture_output=True)
    return next(folder.glob("*.whl"))


@pytest.fixture(scope="module")
def installed(built: Path) -> Path:
    """The wheel's content, unpacked."""
    with zipfile.ZipFile(built) as wheel:
        wheel.extractall(built.parent / "site")
    return built.parent / "site"


def tracked() -> list[str]:
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True)  # noqa: S607
    return listed.stdout.split("\0")


def test_the_wheel_installs_one_top_level_name(installed: Path) -> None:
    names = {path.name for path in installed.iterdir() if not path.name.endswith(".dist-info")}
    assert names == {"forwarder"}


def test_every_data_file_of_the_forwarder_is_in_the_wheel(installed: Path) -> None:
    needed = [name for name in tracked() if name.startswith("forwarder/") and Path(name).suffix in DATA]
    assert len(needed) > 15
    assert [name for name in needed if not (installed / name).exists()] == []


def test_every_file_of_the_rules_and_of_the_deployment_is_in_the_wheels_archive(installed: Path) -> None:
    with zipfile.ZipFile(installed / "forwarder" / "content.zip") as archive:
        held = {name: archive.read(name) for name in archive.namelist()}
    needed = [name for name in tracked() if name.startswith(SHIPPED)]
    assert len(needed) > 100
    assert [name for name in needed if held.get(name) != (ROOT / name).read_bytes()] == []


def test_the_bundled_files_are_read_from_an_installed_wheel(installed: Path, tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", f"import sys; sys.path.insert(0, {str(installed)!r}){RUN}"],
        cwd=tmp_path,
        env={},
        capture_output=True,
        text=True,
    )
    rules = len(list((ROOT / "detections").glob("*/*/rule.yaml")))
    assert done.stdout.splitlines()[:1] == [" ".join([str(rules)] * 4)], done.stderr
