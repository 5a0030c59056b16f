"""Every check of the Splunk apps that needs no Splunk, for `make splunk`: `python -m tools.splunk_inspect`.

Both archives are built again from a copy and must be the same bytes; ksconf reads every conf file; AppInspect runs all
its checks, for Splunk Enterprise and for Splunk Cloud.
"""

import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

from tools.appinspect import inspect
from tools.splunk_package import APPS, DIST, package


def faults(app: Path) -> Iterator[str]:
    """What is wrong with one app; its AppInspect table is printed on the way."""
    archive = DIST / f"{app.name}.tgz"
    if rebuilt(app) != archive.read_bytes():
        yield f"{archive.name}: another build gives other bytes"
    if problem := unreadable(app):
        yield problem
    report = inspect(archive)
    sys.stdout.write(f"\nAppInspect of {archive.name}, {len(report.checks)} checks\n")
    sys.stdout.writelines(f"{line}\n" for line in report.table())
    yield from report.complaints()


def rebuilt(app: Path) -> bytes:
    """The archive made of a copy of the app elsewhere, with other permissions."""
    with TemporaryDirectory() as folder:
        copy = Path(shutil.copytree(app, Path(folder, app.name)))
        for path in copy.rglob("*"):
            path.chmod(0o700 if path.is_dir() else 0o600)
        return package(copy)


def unreadable(app: Path) -> str:
    """What `ksconf check` says of the app's conf files; empty when it can read them all."""
    files = [str(path) for path in sorted(app.rglob("*")) if path.suffix in {".conf", ".meta"}]
    command = [str(Path(sys.executable).with_name("ksconf")), "check", *files]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)  # noqa: S603 (our own files)
    return (done.stdout + done.stderr).strip() if done.returncode else ""


def main() -> None:
    """Exit 1 with what is wrong, if anything is."""
    found = [fault for app in APPS for fault in faults(app)]
    if found:
        sys.exit("\n".join(found))
    sys.stdout.write("\nboth archives are reproducible, every conf file is readable, AppInspect has no complaint\n")


if __name__ == "__main__":
    main()
