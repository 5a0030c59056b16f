"""`python -m tools.api_drift NEWER.json [--update] [--facts FILE]`: new, changed and removed types; proposed entries.

Exit code: 0 no drift, 1 drift, 2 the list cannot be read. `--update` also writes the newer facts, the source of every
type for the simulator and the tests; the tests fail until the table has an entry for each.
"""

import argparse
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

from forwarder.ocsf.feed.catalogue import families, plans
from tools.api_drift.compare import Drift, compare
from tools.api_drift.facts import FACTS, updated
from tools.api_drift.listed import Documented, Unreadable, read
from tools.api_drift.propose import propose

REVIEW = "# review: meaning, activity, and risk if it is more than a recorded fact"


def main() -> None:
    """Print the drift and exit with its code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("newer", type=Path, help="the newer list, as JSON")
    parser.add_argument("--update", action="store_true", help="write the newer facts")
    parser.add_argument("--facts", type=Path, default=FACTS, help="the facts to compare it with")
    arguments = parser.parse_args()
    try:
        known, newer = read(arguments.facts), read(arguments.newer)
    except Unreadable as error:
        sys.stderr.write(f"{error}\n")
        sys.exit(2)
    drift = compare(known, newer)
    sys.stdout.write("\n".join([*_report(drift, newer), ""]))
    if arguments.update:
        arguments.facts.write_text(updated(arguments.facts.read_text(), newer))
    sys.exit(1 if any(drift) else 0)


def _report(drift: Drift, newer: Mapping[str, Documented]) -> Iterator[str]:
    yield f"{len(drift.new)} new, {len(drift.changed)} changed, {len(drift.removed)} removed"
    for code in drift.new:
        proposal = propose(code, newer[code], families(), plans())
        yield from (
            "",
            f"new {code}: forwarder/ocsf/feed/themes/{proposal.theme}.yaml {REVIEW}",
            proposal.text().rstrip(),
        )
    for code, lines in drift.changed.items():
        theme = plans()[code].theme if code in plans() else "no theme"
        yield from ("", f"changed {code} ({theme})", *(f"  {line}" for line in lines))
    if drift.removed:
        yield from (
            "",
            "removed (keep the entries: older records still have these types)",
            *(f"  {c}" for c in drift.removed),
        )


if __name__ == "__main__":
    main()
