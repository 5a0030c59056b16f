"""`python -m tools.bench.exporters PORT FOLDER RATE`: exporters at work, each with a connection and address of its own.

Sends every body of FOLDER to the receiver on PORT: at RATE records a second by the clock, whatever the answers take, or
as fast as they come (RATE 0). Prints the milliseconds until each answer as JSON, counted from when the body was due.
"""

import http.client
import json
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

EXPORTERS = 8
_TYPES = {"protobuf": "application/x-protobuf", "json": "application/json"}
_Due = Iterator[tuple[float, Path]]


def main() -> None:
    """Be the exporters."""
    port, folder, rate = int(sys.argv[1]), Path(sys.argv[2]), float(sys.argv[3])
    due = _due(sorted(folder.iterdir()), rate)
    waited: list[float] = []
    taking = threading.Lock()
    threads = [threading.Thread(target=_export, args=(port, n, due, taking, waited)) for n in range(EXPORTERS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    sys.stdout.write(json.dumps(waited))


def records_of(file: Path) -> int:
    """How many records a body holds: its name says so."""
    return int(file.stem.partition("-")[2])


def _due(files: list[Path], rate: float) -> _Due:
    """When each body is to be sent, by the monotonic clock; 0: at once."""
    at = time.monotonic() + 0.1
    for file in files:
        yield (at if rate else 0.0), file
        at += records_of(file) / rate if rate else 0.0


def _export(port: int, number: int, due: _Due, taking: threading.Lock, waited: list[float]) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60, source_address=(f"127.0.0.{number + 2}", 0))
    while True:
        with taking:
            at, file = next(due, (0.0, None))
        if file is None:
            connection.close()
            return
        body = file.read_bytes()
        time.sleep(max(0.0, at - time.monotonic()))
        began = at or time.monotonic()
        connection.request("POST", "/v1/logs", body, {"Content-Type": _TYPES[file.suffix[1:]]})
        answer = connection.getresponse()
        told = answer.read()
        if answer.status != 200:
            raise RuntimeError(f"{file.name}: {answer.status} {told[:200]!r}")
        waited.append((time.monotonic() - began) * 1000)


if __name__ == "__main__":
    main()
