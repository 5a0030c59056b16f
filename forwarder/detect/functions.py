"""The saved functions of Sentinel that rules query: `detections/base/*.kql`, one function per file.

`of_stream.kql` is the template of one function per stream (`ClaudeActivity` …): `{stream}` and `{table}` are replaced,
and a line `| extend {absent: …}` adds, as empty columns, those that the table of the stream lacks.
"""

import re
from importlib.resources.abc import Traversable
from typing import NamedTuple

from forwarder.errors import Misconfigured
from forwarder.records import STREAMS, Stream
from forwarder.sinks.sentinel import TABLES, columns

OF_STREAM = "of_stream"
_PARAMETERS = re.compile(r"// parameters:(.*)\n")
_ABSENT = re.compile(r"\| extend \{absent: ([\w, ]+)\}\n")


class SavedFunction(NamedTuple):
    """A saved function."""

    name: str
    parameters: str
    """As KQL declares them: `since:timespan=14d`."""
    body: str


def saved_functions(folder: Traversable) -> list[SavedFunction]:
    """All functions, sorted by name. Raises `Misconfigured` for a file that does not declare its parameters."""
    files = {file.name.removesuffix(".kql"): file for file in folder.iterdir() if file.name.endswith(".kql")}
    texts = {name: file.read_text() for name, file in files.items() if name != OF_STREAM}
    if OF_STREAM in files:
        template = files[OF_STREAM].read_text()
        texts |= {f"Claude{stream.capitalize()}": _render(stream, template) for stream in STREAMS}
    return [_function(name, texts[name].strip()) for name in sorted(texts)]


def _render(stream: Stream, template: str) -> str:
    def empty_columns(match: re.Match[str]) -> str:
        absent = [name for name in match[1].split(", ") if name not in columns(stream)]
        return f"| extend {', '.join(f'{name} = dynamic(null)' for name in absent)}\n" if absent else ""

    return _ABSENT.sub(empty_columns, template).replace("{stream}", stream).replace("{table}", TABLES[stream])


def _function(name: str, text: str) -> SavedFunction:
    declared = _PARAMETERS.match(text)
    if declared is None:
        fix = "the first line must be `// parameters: name:type=default, …`, or `// parameters:`"
        raise Misconfigured(f"detections/base/{name}.kql: {fix}")
    return SavedFunction(name, declared[1].strip(), text[declared.end() :])
