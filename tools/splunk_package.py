"""The Splunk apps as archives, equal byte for byte wherever they are built: `python -m tools.splunk_package`."""

import gzip
import hashlib
import io
import sys
import tarfile
from pathlib import Path

ROOT = Path(__file__).parent.parent
APP = ROOT / "splunk_app" / "claude_siem"
APPS = (APP, ROOT / "splunk_app" / "claude_siem_indexer")
"""What is for search heads, and what is for indexers that you run yourself."""
DIST = ROOT / "dist"
_NEVER_PACKED = {"local", "__pycache__"}


def package(app: Path = APP) -> bytes:
    """The app folder as `.tar.gz`: sorted names, no owner, no times, 0644 for files and 0755 for folders."""
    tar = io.BytesIO()
    with tarfile.open(fileobj=tar, mode="w", format=tarfile.USTAR_FORMAT) as archive:
        for path in [app, *sorted(app.rglob("*"))]:
            if not _NEVER_PACKED & set(path.relative_to(app).parts) and not path.name.startswith("."):
                _add(archive, path, path.relative_to(app.parent).as_posix())
    return gzip.compress(tar.getvalue(), mtime=0)


def _add(archive: tarfile.TarFile, path: Path, name: str) -> None:
    entry = tarfile.TarInfo(name)
    if path.is_dir():
        entry.type, entry.mode = tarfile.DIRTYPE, 0o755
        archive.addfile(entry)
        return
    body = path.read_bytes()
    entry.mode, entry.size = 0o644, len(body)
    archive.addfile(entry, io.BytesIO(body))


def main() -> None:
    """Write `dist/<app>.tgz` of each app, and say what it is."""
    DIST.mkdir(exist_ok=True)
    for app in APPS:
        body = package(app)
        (DIST / f"{app.name}.tgz").write_bytes(body)
        sys.stdout.write(f"dist/{app.name}.tgz  {len(body)} bytes  sha256 {hashlib.sha256(body).hexdigest()}\n")


if __name__ == "__main__":
    main()
