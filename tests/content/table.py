"""`make detections`: every rule at full size, a line a rule. Exit code 1 when something does not hold.

stories     that fire / that are quiet, each in both languages
mutants     noticed / tried
rows        of two hundred people and keys over six weeks; `=` where both languages and the plain reading agree
month       alerts in an ordinary month of two hundred people, and how many are allowed
seconds     KQL and SPL over the six weeks
"""

import sys
import tempfile
from pathlib import Path

import yaml

from tests.content.agreement import Pot
from tests.content.case import cases
from tests.content.ordinary_month import alerts, archived_month
from tests.content.proof import prove_all

SEED, PRINCIPALS, DAYS = 7, 200, 42
ACTIVITIES = 30_000
ALLOWED = Path(__file__).parent / "ordinary_month.yaml"


def main() -> None:
    """Print the table."""
    with tempfile.TemporaryDirectory(prefix="claude-siem-month-") as folder:
        month = alerts(archived_month(Path(folder), ACTIVITIES))
    allowed = yaml.safe_load(ALLOWED.read_text())
    proofs = {proven.rule: proven for proven in prove_all(cases())}
    pot = Pot(SEED, PRINCIPALS, DAYS)
    _tell(f"{pot.events:,} events of {PRINCIPALS} people and keys over {DAYS} days\n")
    _row("rule", "stories", "mutants", "rows", "month", "KQL s", "SPL s")
    wrong = []
    for rule, case in sorted(cases().items()):
        faults, mutated = proofs[rule].faults, proofs[rule].mutated
        told = pot.agreement(rule)
        agree = told.spl == told.kql and told.reading in (None, told.kql)
        fires = sum(story.fires for story in case.stories)
        noticed = mutated.tried - len(mutated.survived)
        _row(
            rule,
            f"{fires}/{len(case.stories) - fires}",
            f"{noticed}/{mutated.tried}",
            f"{'=' if agree else '≠'} {len(told.kql)}",
            f"{month[rule]}/{allowed.get(rule, 0)}",
            f"{told.kql_seconds:.2f}",
            f"{told.spl_seconds:.2f}",
        )
        if faults or mutated.survived or mutated.stale or not agree or month[rule] > allowed.get(rule, 0):
            wrong.append(rule)
    _tell(f"\n{len(cases())} rules; not as they should be: {', '.join(wrong) or 'none'}")
    sys.exit(1 if wrong else 0)


def _row(name: str, *cells: str) -> None:
    _tell(f"{name:<48}" + "".join(f"{cell:>10}" for cell in cells))


def _tell(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
