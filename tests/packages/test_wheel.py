"""What `pip install` brings is whole: a wheel holds every data file, and the demo's detections run from it."""

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
DATA = {".yaml", ".json", ".sql", ".kql", ".spl", ".csv", ".xz"}
RUN = """
from datetime import UTC, datetime
from forwarder.detect import run_detections
print(run_detections({}, datetime.now(UTC)))
"""


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel's content, unpacked."""
    folder = tmp_path_factory.mktemp("wheel")
    source = folder / "source"
    subprocess.run(["git", "clone", "--quiet", str(ROOT), str(source)], check=True)  # noqa: S607
    command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation"]
    subprocess.run([*command, "--wheel-dir", str(folder), str(source)], check=True, capture_output=True)
    with zipfile.ZipFile(next(folder.glob("*.whl"))) as wheel:
        wheel.extractall(folder / "site")
    return folder / "site"


def test_every_data_file_of_the_forwarder_and_of_the_rules_is_in_the_wheel(installed: Path) -> None:
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True)  # noqa: S607
    needed = [
        Path(name)
        for name in listed.stdout.splitlines()
        if name.startswith(("forwarder/", "detections/")) and Path(name).suffix in DATA
        if not Path(name).name.startswith(("fires.", "quiet."))
    ]
    assert len(needed) > 15
    assert [str(path) for path in needed if not (installed / path).exists()] == []


def test_the_detections_run_from_an_installed_wheel(installed: Path, tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", f"import sys; sys.path.insert(0, {str(installed)!r}){RUN}"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
    )
    assert "keys/revoked-key-used" in done.stdout, done.stderr
