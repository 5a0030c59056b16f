"""`python -m tools.draw FOLDER PICTURES`: prove the checks, then draw the dashboards in FOLDER. Exits 1 with any error.

FOLDER has `NAME.definition.json` and `NAME.results.json` of each dashboard.
"""

import argparse
import sys
from collections.abc import Mapping
from pathlib import Path

from tools.draw.checks import Fault, draw, validate
from tools.draw.material import read
from tools.draw.proofs import unproven


def main() -> None:
    """Print the errors and exit."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("pictures", type=Path)
    arguments = parser.parse_args()
    missed = list(unproven())
    _print([f"NOT PROVEN: {sentence}" for sentence in missed] or ["every check found its broken dashboard"])
    dashboards = read(arguments.folder)
    arguments.pictures.mkdir(parents=True, exist_ok=True)
    found = [*_messages(validate(dashboards)), *_messages(draw(dashboards, arguments.pictures))]
    _print(found or [f"{len(dashboards)} dashboards drawn in {arguments.pictures}, none with a fault"])
    sys.exit(bool(missed or found or not dashboards))


def _messages(faults: Mapping[str, list[Fault]]) -> list[str]:
    return [f"{name} {fault.where}: {fault.message}" for name, those in faults.items() for fault in those]


def _print(lines: list[str]) -> None:
    sys.stdout.write("".join(f"{line}\n" for line in lines))
    sys.stdout.flush()


if __name__ == "__main__":
    main()
