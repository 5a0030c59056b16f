"""The saved functions of Sentinel that rules read from: `detections/base/*.kql`, a file a function.

`of_stream.kql` is a function for each stream, `ClaudeActivity` and its like: `{stream}` and `{table}` are the stream's,
and a line `| extend {absent: …}` makes those columns, empty, that the stream's table does not have.
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


class Function(NamedTuple):
    """A saved function."""

    name: str
    parameters: str
    """As KQL declares them: `since:timespan=14d`."""
    body: str


def saved_functions(folder: Traversable) -> list[Function]:
    """All functions, sorted by name. Raises `Misconfigured` for a file that does not declare its parameters."""
    files = {file.name.removesuffix(".kql"): file for file in folder.iterdir() if file.name.endswith(".kql")}
    texts = {name: file.read_text() for name, file in files.items() if name != OF_STREAM}
    if OF_STREAM in files:
        told = files[OF_STREAM].read_text()
        texts |= {f"Claude{stream.capitalize()}": _of(stream, told) for stream in STREAMS}
    return [_function(name, texts[name].strip()) for name in sorted(texts)]


def _of(stream: Stream, text: str) -> str:
    def made(listed: re.Match[str]) -> str:
        absent = [name for name in listed[1].split(", ") if name not in columns(stream)]
        return f"| extend {', '.join(f'{name} = dynamic(null)' for name in absent)}\n" if absent else ""

    return _ABSENT.sub(made, text).replace("{stream}", stream).replace("{table}", TABLES[stream])


def _function(name: str, text: str) -> Function:
    declared = _PARAMETERS.match(text)
    if declared is None:
        mend = "the first line must be `// parameters: name:type=default, …`, or `// parameters:`"
        raise Misconfigured(f"detections/base/{name}.kql: {mend}")
    return Function(name, declared[1].strip(), text[declared.end() :])
