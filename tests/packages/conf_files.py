"""Reads the app's conf files with ksconf's parser, which is not the writer under test."""

from pathlib import Path

from ksconf.conf.parser import parse_conf  # type: ignore[import-untyped]

DEFAULT = Path(__file__).parent.parent.parent / "splunk_app" / "claude_siem" / "default"


def read_conf(name: str) -> dict[str, dict[str, str]]:
    """Stanza → key → value, continued lines joined by line breaks."""
    return {
        stanza: {key: value.replace("\\\n", "\n") for key, value in keys.items()}
        for stanza, keys in parse_conf(str(DEFAULT / f"{name}.conf")).items()
        if isinstance(stanza, str)
    }
