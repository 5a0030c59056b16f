"""The Sentinel solution's package as an archive, equal byte for byte wherever it is built.

`python -m tools.sentinel_package`: the content hub's template and its wizard, as Partner Center takes them.
"""

import io
import zipfile
from pathlib import Path

from tools.content.solution.data import VERSION

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "sentinel" / "Package"
DIST = ROOT / "dist"
PACKED = ("createUiDefinition.json", "mainTemplate.json")
_EARLIEST = (1980, 1, 1, 0, 0, 0)
"""No time: the first that the format knows."""


def package(folder: Path = PACKAGE) -> bytes:
    """The archive: sorted names, no times, 0644."""
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as packed:
        for name in PACKED:
            entry = zipfile.ZipInfo(name, _EARLIEST)
            entry.external_attr = 0o644 << 16
            entry.create_system = 3
            packed.writestr(entry, (folder / name).read_bytes(), zipfile.ZIP_DEFLATED)
    return archive.getvalue()


def main() -> None:
    """Write `dist/claude-siem-sentinel-VERSION.zip`."""
    DIST.mkdir(exist_ok=True)
    (DIST / f"claude-siem-sentinel-{VERSION}.zip").write_bytes(package())


if __name__ == "__main__":
    main()
