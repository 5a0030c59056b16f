"""`python -m tools.api_drift NEWER.json [--update] [--facts FILE]`: what is new, changed or gone; proposed entries.

Exit code: 0 no drift, 1 drift, 2 the list cannot be read. `--update` also writes the newer facts, from which the
simulator and the tests take every type; until the table has an entry for each, the tests fail.
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

REVIEW = "# review: what it means, the activity, a risk where it is more than a recorded fact"


def main() -> None:
    """Print the drift and leave with its exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("newer", type=Path, help="the newer list, as JSON")
    parser.add_argument("--update", action="store_true", help="write the newer facts")
    parser.add_argument("--facts", type=Path, default=FACTS, help="the facts it is compared with")
    arguments = parser.parse_args()
    try:
        known, newer = read(arguments.facts), read(arguments.newer)
    except Unreadable as error:
        sys.stderr.write(f"{error}\n")
        sys.exit(2)
    drift = compare(known, newer)
    sys.stdout.write("\n".join([*_told(drift, newer), ""]))
    if arguments.update:
        arguments.facts.write_text(updated(arguments.facts.read_text(), newer))
    sys.exit(1 if any(drift) else 0)


def _told(drift: Drift, newer: Mapping[str, Documented]) -> Iterator[str]:
    yield f"{len(drift.new)} new, {len(drift.changed)} changed, {len(drift.gone)} gone"
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
    if drift.gone:
        yield from ("", "gone (keep the entries: old rows are still of these types)", *(f"  {c}" for c in drift.gone))


if __name__ == "__main__":
    main()
