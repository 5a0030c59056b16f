"""Splunk's `.conf` text: stanzas of `key = value`, long values over several lines."""

from collections.abc import Mapping

MADE = "# Made by `make content` from detections/. Edits here are lost; put yours into local/.\n"


def conf(stanzas: Mapping[str, Mapping[str, str | int]]) -> str:
    """The whole file, stanzas and keys in the order given."""
    return MADE + "".join(f"\n[{name}]\n{_lines(keys)}" for name, keys in stanzas.items())


def _lines(keys: Mapping[str, str | int]) -> str:
    return "".join(f"{key} = {_continued(str(value))}\n" for key, value in keys.items())


def _continued(value: str) -> str:
    lines = value.rstrip().split("\n")
    for line in lines[:-1]:
        if line.endswith("\\"):
            raise ValueError(f"a line that ends in a backslash cannot be continued: {line!r}")
    return "\\\n".join(lines)
