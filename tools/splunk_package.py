"""The Splunk app as an archive that is equal, byte for byte, wherever it is built: `python -m tools.splunk_package`."""

import gzip
import io
import tarfile
from pathlib import Path

ROOT = Path(__file__).parent.parent
APP = ROOT / "splunk_app" / "claude_siem"
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
    """Write `dist/claude_siem.tgz`."""
    DIST.mkdir(exist_ok=True)
    (DIST / "claude_siem.tgz").write_bytes(package())


if __name__ == "__main__":
    main()
