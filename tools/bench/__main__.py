"""`python -m tools.bench [--events N] [--records N] [--waiting N] [--starts N]`: docs/benchmarks.md."""

import argparse
import os
import platform
import statistics
import sys

from tools.bench import catalogue, contenders, first_delivery, stages, telemetry, waiting
from tools.bench.seams import STAGES


def main() -> None:
    """Print a table a question."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=100_000, help="activities that each program forwards")
    parser.add_argument("--records", type=int, default=100_000, help="log records that exporters send")
    parser.add_argument("--waiting", type=int, default=1_000_000, help="events that wait while memory is read")
    parser.add_argument("--starts", type=int, default=7, help="runs until the first delivery")
    asked = parser.parse_args()
    _tell(f"Python {platform.python_version()}, {os.cpu_count()} cores, {platform.machine()}")
    _tell_catalogue()
    _tell_contenders(asked.events)
    _tell_stages(asked.events)
    _tell_telemetry(asked.records)
    _tell_starts(asked.starts)
    _tell_waiting(asked.waiting)


def _tell_catalogue() -> None:
    _title(f"The catalogue: compiling it takes {catalogue.start_ms():.0f} ms of CPU; an activity, in microseconds")
    _row("activities", "types", "normalise", "as JSON", "ratio")
    for name, count in (("ordinary-month", 30_000), ("all-types", 0)):
        cost = catalogue.cost(name, count)
        ratio = cost.normalise / cost.json
        _row(name, f"{cost.types}", f"{cost.normalise:.2f}", f"{cost.json:.2f}", f"{ratio:.1f}")


def _tell_contenders(events: int) -> None:
    _title(
        f"The same way, {events:,} activities from the feed to one sink; only claude-siem stores, maps and remembers"
    )
    _row("program", "events/CPU-s", "CPU s", "start CPU s", "wall s", "peak MB", "bodies", "B raw", "B gzip")
    for contender in contenders.all_of_them():
        _result(f"{contender.sink}: {contender.name}", contenders.measure(contender, events))


def _tell_stages(events: int) -> None:
    told = stages.measure(events)
    whole = sum(told.values())
    _title(f"Where the CPU time of the chain to splunk goes: {events:,} activities, {whole:.2f} s, under the stopwatch")
    _row("stage", "us/event", "share")
    for stage in sorted(STAGES, key=lambda stage: -told.get(stage, 0.0)):
        seconds = told.get(stage, 0.0)
        _row(stage, f"{seconds / events * 1e6:.2f}", f"{seconds / whole:.1%}")


def _tell_telemetry(records: int) -> None:
    _title(f"Telemetry: {records:,} log records from {telemetry.EXPORTERS} exporters through the store to splunk")
    _row("format", "records/CPU-s", "CPU s", "wall s", "a body", "median ms", "p99 ms", "peak MB")
    for format_ in telemetry.FORMATS:
        for name, rate in (("as fast as answered", 0), (f"{telemetry.PACE:,} a second", telemetry.PACE)):
            told = telemetry.measure(format_, records, rate)
            _row(
                f"{format_}, {name}",
                f"{told.rate:,.0f}",
                f"{told.cpu_seconds:.2f}",
                f"{told.wall_seconds:.1f}",
                f"{told.records / told.bodies:.0f}",
                f"{told.median_ms:.0f}",
                f"{told.p99_ms:.0f}",
                f"{told.memory.peak:.0f}",
            )


def _tell_starts(runs: int) -> None:
    seconds = first_delivery.measure(runs)
    _title(f"Start to first delivery: {runs} runs on an empty store, wall clock")
    _row("seconds", "median", "least", "most")
    _row("", f"{statistics.median(seconds):.2f}", f"{seconds[0]:.2f}", f"{seconds[-1]:.2f}")


def _tell_waiting(events: int) -> None:
    waited = waiting.measure(events)
    _title(f"Memory: {events:,} events waiting while splunk is down, {waited.store_megabytes:.0f} MB in the store")
    _row("megabytes", "resident", "peak")
    for name, told in (("all waiting", waited.waiting), ("all drained", waited.drained)):
        _row(name, f"{told.resident:.0f}", f"{told.peak:.0f}")


def _result(name: str, result: contenders.Result) -> None:
    spent, sent = result.run.spent, result.run.sent
    _row(
        name,
        f"{result.rate:,.0f}",
        f"{spent.cpu_seconds:.2f}",
        f"{result.start.cpu_seconds:.2f}",
        f"{spent.wall_seconds:.1f}",
        f"{spent.peak_megabytes:.0f}",
        f"{sent.bodies:,}",
        f"{sent.raw_bytes / sent.events:,.0f}",
        f"{sent.wire_bytes / sent.events:,.0f}",
    )


def _title(text: str) -> None:
    _tell(f"\n{text}")


def _row(name: str, *cells: str) -> None:
    _tell(f"{name:<40}" + "".join(f"{cell:>13}" for cell in cells))


def _tell(line: str) -> None:
    sys.stdout.write(f"{line.rstrip()}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
