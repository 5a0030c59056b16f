"""What `check` proves about the machine itself: the store's folder, the addresses to listen on, the clock.

Each raises `Misconfigured` with the fix, or describes what was found.
"""

import os
import shutil
import stat
import tempfile
from collections.abc import Mapping
from pathlib import Path

import httpx

from forwarder.errors import Misconfigured
from forwarder.http_server import listening_socket
from forwarder.settings import StoreSettings
from forwarder.store import store_file

LEAST_FREE = 256 * 2**20
"""Bytes; less is gone within minutes once a sink is down."""
MOST_SKEW = 60.0
"""Seconds; beyond this, Microsoft Entra refuses tokens (5 minutes), and logs do not match the events."""
_OTHERS = stat.S_IRWXG | stat.S_IRWXO
_MIB = 2**20


def check_store_folder(settings: StoreSettings) -> str:
    """The folder exists or can be made, is written by nobody else, and has room; the store is its owner's only."""
    file = store_file(settings.url)
    folder = _existing(file.parent)
    _check_writable(folder)
    if folder == file.parent and folder.stat().st_mode & stat.S_IWOTH:
        raise Misconfigured(f"store.url: {folder} can be written by every user; run chmod o-w {folder}")
    if file.exists() and file.stat().st_mode & _OTHERS:
        mode = stat.S_IMODE(file.stat().st_mode)
        raise Misconfigured(f"store.url: {file} can be read by other users (mode {mode:o}); run chmod 600 {file}")
    free = shutil.disk_usage(folder).free
    if free < LEAST_FREE:
        raise Misconfigured(f"store.url: only {free // _MIB} MiB are free at {folder}; free disk space, or move it")
    made = "" if folder == file.parent else f", {file.parent} will be made"
    room = "" if free >= settings.max_bytes else f", less than store.max_bytes ({settings.max_bytes // _MIB:,} MiB)"
    return f"{folder} can be written{made}; {free // _MIB:,} MiB are free{room}"


def check_address(setting: str, address: tuple[str, int], status: tuple[str, int]) -> str:
    """The address can be listened on, or a running forwarder does so. `status`: that of its status page."""
    host, port = address
    try:
        listening_socket(setting, host, port).close()
    except Misconfigured:
        if not _is_alive(status):
            raise
        return f"{host}:{port} is in use; a forwarder is running on this machine"
    return f"{host}:{port} is free"


def check_clock(skews: Mapping[str, float]) -> str:
    """The local clock agrees with those of the sources that were asked just now: their time minus the local one."""
    if not skews:
        return "not compared, as no source has answered"
    source, skew = max(skews.items(), key=lambda item: abs(item[1]))
    if abs(skew) > MOST_SKEW:
        direction = "behind" if skew > 0 else "ahead of"
        raise Misconfigured(
            f"clock: this machine is {abs(skew):,.0f} s {direction} Anthropic; synchronize it (NTP): tokens of "
            "Microsoft Entra need the right time, and logs are compared by it"
        )
    return f"within {MOST_SKEW:.0f} s of Anthropic's ({source}: {skew:+.0f} s)"


def _existing(folder: Path) -> Path:
    """The folder, or the innermost one above it that exists."""
    while not folder.exists() and folder.parent != folder:
        folder = folder.parent
    return folder


def _check_writable(folder: Path) -> None:
    try:
        with tempfile.TemporaryFile(dir=folder) as file:
            file.write(b"claude-siem")
            os.fsync(file.fileno())
    except OSError as error:
        raise Misconfigured(
            f"store.url: {folder} cannot be written ({error.strerror}); check path, owner and permissions"
        ) from None


def _is_alive(status: tuple[str, int]) -> bool:
    """Whether a forwarder answers there; an address such as 0.0.0.0 is asked by loopback."""
    host = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(status[0], status[0])  # noqa: S104 (compared, not listened on)
    try:
        with httpx.Client(trust_env=False, timeout=5.0) as client:
            return client.get(f"http://{host}:{status[1]}/healthz").text.startswith("alive")
    except (httpx.HTTPError, httpx.InvalidURL):
        return False
