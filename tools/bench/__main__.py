"""`python -m tools.bench [--events N] [--records N] [--waiting N] [--starts N]`: docs/benchmarks.md."""

import argparse
import os
import platform
import statistics
import sys

from tools.bench import backlog, catalogue, contenders, first_delivery, stages, telemetry
from tools.bench.seams import STAGES


def main() -> None:
    """Run all benchmarks and print a table each."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=100_000, help="activities per program")
    parser.add_argument("--records", type=int, default=100_000, help="log records per telemetry run")
    parser.add_argument("--waiting", type=int, default=1_000_000, help="events in the backlog of the memory benchmark")
    parser.add_argument("--starts", type=int, default=7, help="runs of the startup benchmark")
    arguments = parser.parse_args()
    _print(f"Python {platform.python_version()}, {os.cpu_count()} cores, {platform.machine()}")
    _print_catalogue()
    _print_contenders(arguments.events)
    _print_stages(arguments.events)
    _print_telemetry(arguments.records)
    _print_starts(arguments.starts)
    _print_backlog(arguments.waiting)


def _print_catalogue() -> None:
    _title(f"Catalogue: {catalogue.start_ms():.0f} ms of CPU to compile; microseconds per activity")
    _row("activities", "types", "normalize", "as JSON", "ratio")
    for name, count in (("ordinary-month", 30_000), ("all-types", 0)):
        cost = catalogue.cost(name, count)
        ratio = cost.normalize / cost.json
        _row(name, f"{cost.types}", f"{cost.normalize:.2f}", f"{cost.json:.2f}", f"{ratio:.1f}")


def _print_contenders(events: int) -> None:
    _title(
        f"Comparison: {events:,} activities from the feed to one sink; only claude-siem stores, deduplicates and maps"
    )
    _row("program", "events/CPU-s", "CPU s", "start CPU s", "wall s", "peak MB", "bodies", "B raw", "B gzip")
    for contender in contenders.all_contenders():
        _result(f"{contender.sink}: {contender.name}", contenders.measure(contender, events))


def _print_stages(events: int) -> None:
    seconds = stages.measure(events)
    total = sum(seconds.values())
    _title(f"CPU time by stage: {events:,} activities to splunk, {total:.2f} s with the stopwatch")
    _row("stage", "us/event", "share")
    for stage in sorted(STAGES, key=lambda stage: -seconds.get(stage, 0.0)):
        spent = seconds.get(stage, 0.0)
        _row(stage, f"{spent / events * 1e6:.2f}", f"{spent / total:.1%}")


def _print_telemetry(records: int) -> None:
    _title(f"Telemetry: {records:,} log records from {telemetry.EXPORTERS} exporters through the store to splunk")
    _row("format", "records/CPU-s", "CPU s", "wall s", "per body", "median ms", "p99 ms", "peak MB")
    for format_ in telemetry.FORMATS:
        for name, rate in (("as fast as answered", 0), (f"{telemetry.PACE:,} a second", telemetry.PACE)):
            result = telemetry.measure(format_, records, rate)
            _row(
                f"{format_}, {name}",
                f"{result.rate:,.0f}",
                f"{result.cpu_seconds:.2f}",
                f"{result.wall_seconds:.1f}",
                f"{result.records / result.bodies:.0f}",
                f"{result.median_ms:.0f}",
                f"{result.p99_ms:.0f}",
                f"{result.memory.peak:.0f}",
            )


def _print_starts(runs: int) -> None:
    seconds = first_delivery.measure(runs)
    _title(f"Start to first delivery: {runs} runs on an empty store, wall clock")
    _row("seconds", "median", "min", "max")
    _row("", f"{statistics.median(seconds):.2f}", f"{seconds[0]:.2f}", f"{seconds[-1]:.2f}")


def _print_backlog(events: int) -> None:
    result = backlog.measure(events)
    _title(f"Memory: backlog of {events:,} events while splunk is down, {result.store_megabytes:.0f} MB in the store")
    _row("megabytes", "resident", "peak")
    for name, memory in (("full backlog", result.full), ("backlog delivered", result.drained)):
        _row(name, f"{memory.resident:.0f}", f"{memory.peak:.0f}")


def _result(name: str, result: contenders.Result) -> None:
    cost, sent = result.run.cost, result.run.sent
    _row(
        name,
        f"{result.rate:,.0f}",
        f"{cost.cpu_seconds:.2f}",
        f"{result.start.cpu_seconds:.2f}",
        f"{cost.wall_seconds:.1f}",
        f"{cost.peak_megabytes:.0f}",
        f"{sent.bodies:,}",
        f"{sent.raw_bytes / sent.events:,.0f}",
        f"{sent.wire_bytes / sent.events:,.0f}",
    )


def _title(text: str) -> None:
    _print(f"\n{text}")


def _row(name: str, *cells: str) -> None:
    _print(f"{name:<40}" + "".join(f"{cell:>13}" for cell in cells))


def _print(line: str) -> None:
    sys.stdout.write(f"{line.rstrip()}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
