"""The Sentinel solution's package for the content hub, made in `dist/` and nowhere else.

`python -m tools.sentinel_package` writes the archive as Partner Center takes it, equal byte for byte wherever it is
built, and its files beside it with parameters for trying them.
"""

import io
import zipfile
from collections.abc import Mapping
from pathlib import Path

from tools.content.files import hub_package
from tools.content.folder import read
from tools.content.solution.data import VERSION

ROOT = Path(__file__).parent.parent
DIST = ROOT / "dist"
PACKED = ("createUiDefinition.json", "mainTemplate.json")
_EARLIEST = (1980, 1, 1, 0, 0, 0)
"""No time: the first that the format knows."""


def archive(files: Mapping[str, str]) -> bytes:
    """The archive of a package's files: sorted names, no times, 0644."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as target:
        for name in PACKED:
            entry = zipfile.ZipInfo(name, _EARLIEST)
            entry.external_attr = 0o644 << 16
            entry.create_system = 3
            target.writestr(entry, files[name].encode(), zipfile.ZIP_DEFLATED)
    return packed.getvalue()


def main() -> None:
    """Write `dist/claude-siem-sentinel-VERSION.zip`, and its files to `dist/sentinel-package/`."""
    files = hub_package(read(ROOT / "detections"))
    folder = DIST / "sentinel-package"
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in files.items():
        (folder / name).write_text(text, encoding="utf-8")
    (DIST / f"claude-siem-sentinel-{VERSION}.zip").write_bytes(archive(files))


if __name__ == "__main__":
    main()
