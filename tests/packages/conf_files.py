"""Reads the app's conf files with ksconf's parser, which is not the writer under test."""

from pathlib import Path

from ksconf.conf.parser import parse_conf  # type: ignore[import-untyped]

APPS = Path(__file__).parent.parent.parent / "splunk_app"
DEFAULT = APPS / "claude_siem" / "default"


def read_conf(name: str, folder: Path = DEFAULT) -> dict[str, dict[str, str]]:
    """Stanza → key → value, continued lines joined by line breaks."""
    return _read(folder / f"{name}.conf")


def read_meta(app: Path = DEFAULT.parent) -> dict[str, dict[str, str]]:
    """Who may do what with which objects of an app."""
    return _read(app / "metadata" / "default.meta")


def _read(path: Path) -> dict[str, dict[str, str]]:
    return {
        stanza: {key: value.replace("\\\n", "\n") for key, value in keys.items() if not key.startswith("#")}
        for stanza, keys in parse_conf(str(path)).items()
        if isinstance(stanza, str)
    }
