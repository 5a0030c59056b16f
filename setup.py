"""What setup.cfg cannot say: the wheel carries the rules and what is deployed to a SIEM as `forwarder/content.zip`."""

import zipfile
from collections.abc import Iterator
from pathlib import Path

from setuptools import setup
from setuptools.command.build_py import build_py

ROOT = Path(__file__).parent
ARCHIVE = Path("forwarder", "content.zip")
CONTENT = (
    "detections",
    "sentinel/azuredeploy.json",
    "sentinel/deploy",
    "sentinel/Playbooks",
    "splunk_app/claude_siem/default/macros.conf",
)
EARLIEST = (1980, 1, 1, 0, 0, 0)
"""No time: the first that the format knows."""


def content_files() -> Iterator[Path]:
    """Every file of `CONTENT`, sorted."""
    for name in CONTENT:
        place = ROOT / name
        yield from [place] if place.is_file() else sorted(path for path in place.rglob("*") if path.is_file())


def write_archive(target: Path) -> None:
    """The archive, equal byte for byte wherever it is built."""
    target.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for path in content_files():
            entry = zipfile.ZipInfo(path.relative_to(ROOT).as_posix(), EARLIEST)
            entry.external_attr = 0o644 << 16
            entry.create_system = 3
            archive.writestr(entry, path.read_bytes(), zipfile.ZIP_DEFLATED, 9)


class BuildWithContent(build_py):
    """The package's modules and data, and the archive beside them. An editable install reads the folders instead."""

    def run(self) -> None:
        """See `build_py.run`."""
        super().run()
        if not self.editable_mode:
            write_archive(self._archive)

    def get_outputs(self, include_bytecode: bool = True) -> list[str]:
        """See `build_py.get_outputs`."""
        return [*super().get_outputs(include_bytecode), str(self._archive)]

    @property
    def _archive(self) -> Path:
        return Path(self.build_lib) / ARCHIVE


setup(cmdclass={"build_py": BuildWithContent})
