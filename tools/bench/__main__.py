"""`python -m tools.bench [--events N]`: the catalogue, then the whole chain to one sink after the other."""

import argparse
import sys

from tools.bench import catalogue, chain


def main() -> None:
    """Print one table for the catalogue, one for the chain."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=100_000)
    events = parser.parse_args().events
    _tell_catalogue()
    _tell_chain(events)


def _tell_catalogue() -> None:
    sys.stdout.write(f"compiling the table: {catalogue.start_ms():.0f} ms\n")
    sys.stdout.write(f"{'activities':<16}{'types':>7}{'normalise us':>14}{'as JSON us':>12}{'ratio':>7}\n")
    for name, count in (("ordinary-month", 30_000), ("all-types", 0)):
        cost = catalogue.cost(name, count)
        ratio = cost.normalise / cost.json
        sys.stdout.write(f"{name:<16}{cost.types:>7}{cost.normalise:>14.2f}{cost.json:>12.2f}{ratio:>7.1f}\n")


def _tell_chain(events: int) -> None:
    sys.stdout.write(f"{'sink':<10}{'events':>9}{'CPU s':>8}{'start CPU s':>13}{'events/CPU-s':>14}{'peak MB':>9}\n")
    for sink in ("splunk", "sentinel"):
        start = chain.measure(10, sink)
        run = chain.measure(events, sink)
        rate = (run.events - start.events) / (run.cpu_seconds - start.cpu_seconds)
        sys.stdout.write(
            f"{sink:<10}{run.events:>9,}{run.cpu_seconds:>8.2f}{start.cpu_seconds:>13.2f}{rate:>14,.0f}"
            f"{run.peak_megabytes:>9.0f}\n"
        )


if __name__ == "__main__":
    main()
