"""`python -m tools.bench.exporters PORT FOLDER RATE`: OTLP exporters, each with its own connection and address.

Sends every body in FOLDER to the receiver on PORT: at RATE records per second whatever the response times, or as fast
as responses arrive (RATE 0). Prints the milliseconds until each response as JSON, counted from the scheduled time.
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
_Schedule = Iterator[tuple[float, Path]]


def main() -> None:
    """Run the exporters."""
    port, folder, rate = int(sys.argv[1]), Path(sys.argv[2]), float(sys.argv[3])
    schedule = _schedule(sorted(folder.iterdir()), rate)
    latencies: list[float] = []
    lock = threading.Lock()
    threads = [threading.Thread(target=_export, args=(port, n, schedule, lock, latencies)) for n in range(EXPORTERS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    sys.stdout.write(json.dumps(latencies))


def records_of(file: Path) -> int:
    """The number of records in a body, from its file name."""
    return int(file.stem.partition("-")[2])


def _schedule(files: list[Path], rate: float) -> _Schedule:
    """The time of each body on the monotonic clock; 0: at once."""
    at = time.monotonic() + 0.1
    for file in files:
        yield (at if rate else 0.0), file
        at += records_of(file) / rate if rate else 0.0


def _export(port: int, number: int, schedule: _Schedule, lock: threading.Lock, latencies: list[float]) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60, source_address=(f"127.0.0.{number + 2}", 0))
    while True:
        with lock:
            at, file = next(schedule, (0.0, None))
        if file is None:
            connection.close()
            return
        body = file.read_bytes()
        time.sleep(max(0.0, at - time.monotonic()))
        started = at or time.monotonic()
        connection.request("POST", "/v1/logs", body, {"Content-Type": _TYPES[file.suffix[1:]]})
        response = connection.getresponse()
        content = response.read()
        if response.status != 200:
            raise RuntimeError(f"{file.name}: HTTP {response.status} {content[:200]!r}")
        latencies.append((time.monotonic() - started) * 1000)


if __name__ == "__main__":
    main()
