"""`make detections`: every rule at full size, a line a rule. Exit code 1 when something does not hold.

test cases  firing / quiet, in both languages
mutants     noticed / tried
rows        of two hundred people and keys over six weeks; `=` where both languages and the plain reading agree
month       alerts in an ordinary month of two hundred people, and how many are allowed
seconds     KQL and SPL over the six weeks
"""

import sys
import tempfile
from pathlib import Path

import yaml

from tests.content.agreement import Tenant
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
    proofs = {result.rule: result for result in prove_all(cases())}
    tenant = Tenant(SEED, PRINCIPALS, DAYS)
    _print(f"{tenant.events:,} events of {PRINCIPALS} people and keys over {DAYS} days\n")
    _row("rule", "test cases", "mutants", "rows", "month", "KQL s", "SPL s")
    failed = []
    for rule, case in sorted(cases().items()):
        failures, mutated = proofs[rule].failures, proofs[rule].mutated
        result = tenant.agreement(rule)
        agree = result.spl == result.kql and result.reference in (None, result.kql)
        fires = sum(test_case.fires for test_case in case.test_cases)
        noticed = mutated.tried - len(mutated.survived)
        _row(
            rule,
            f"{fires}/{len(case.test_cases) - fires}",
            f"{noticed}/{mutated.tried}",
            f"{'=' if agree else '≠'} {len(result.kql)}",
            f"{month[rule]}/{allowed.get(rule, 0)}",
            f"{result.kql_seconds:.2f}",
            f"{result.spl_seconds:.2f}",
        )
        if failures or mutated.survived or mutated.stale or not agree or month[rule] > allowed.get(rule, 0):
            failed.append(rule)
    _print(f"\n{len(cases())} rules; not as they should be: {', '.join(failed) or 'none'}")
    sys.exit(1 if failed else 0)


def _row(name: str, *cells: str) -> None:
    _print(f"{name:<48}" + "".join(f"{cell:>10}" for cell in cells))


def _print(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
