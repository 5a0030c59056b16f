"""`claude-siem splunk|sentinel verify`, end to end: events are sent, rules are run, rows are compared, in every SIEM.

The search heads are interpreters of SPL and KQL behind the interfaces of Splunk and Azure: these tests prove the
commands, not the products.
"""

import json
from typing import Any

import pytest

from forwarder.siem.test_cases import bundled_test_cases
from tests.cli.commands import claude_siem
from tests.cli.within import CommandResult
from tests.siem.siems import OTHER_RULE, RULE, TEST_CASES, SiemUnderTest

FIRES = [case.name for case in TEST_CASES if case.rows]


def arguments(siem: SiemUnderTest, rules: tuple[str, ...], *options: object) -> list[object]:
    """The command line after the SIEM's name."""
    chosen = [word for rule in rules for word in ("--rule", rule)]
    return ["verify", "--config", siem.file(), "--no-progress", *siem.whole_run, *chosen, *options]


def verify(siem: SiemUnderTest, *options: object) -> CommandResult:
    """The command's run over one rule."""
    return siem.run(*arguments(siem, (RULE,), *options))


def summary(siem: SiemUnderTest, *options: object, rules: tuple[str, ...] = (RULE,)) -> dict[str, Any]:
    """The command's object."""
    found: dict[str, Any] = json.loads(siem.run(*arguments(siem, rules, "--json", *options)).stdout)
    return found


def test_rules_of_several_families_agree_with_all_their_test_cases(siem: SiemUnderTest) -> None:
    done = claude_siem(siem.command, *arguments(siem, siem.rules), timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr
    lines = done.stdout.splitlines()
    numbers = {line.split()[0]: line.split()[1:] for line in lines}
    total = 0
    for rule in siem.rules:
        run, skipped = len(bundled_test_cases().runnable(rule)), bundled_test_cases().skipped(rule)
        assert numbers[rule] == ["yes", str(run), str(run), "0", "0", str(skipped)]
        assert (run > 8, skipped > 1) == (True, True)
        total += run
    assert lines[-2] == "skipped: test cases that need entries in a lookup; your lookups are not changed"
    rules = f"{len(siem.rules)} of {len(siem.rules)} rules verified, {total} of {total} test cases agreed"
    assert lines[-1].startswith(f"{rules}; the events are in {siem.place}, run 20")
    assert siem.searches() >= total
    assert siem.changes() == []


def test_a_second_run_is_not_disturbed_by_the_events_of_the_first(siem: SiemUnderTest) -> None:
    first, second = summary(siem), summary(siem)
    assert (first["ok"], second["ok"]) == (True, True)
    assert first["run"] != second["run"]
    assert len(siem.events()) == 2 * sum(len(case.events) for case in TEST_CASES)


def test_rows_that_differ_are_reported_by_the_first_difference(siem: SiemUnderTest) -> None:
    siem.rewrite("user", "another-user")
    found = summary(siem)
    (rule,) = found["rules"]
    assert (found["ok"], rule["disagreed"]) == (False, len(FIRES))
    differing = [one for one in rule["test_cases"] if one["outcome"] == "disagreed"]
    assert [one["test_case"] for one in differing] == FIRES
    assert all(one["text"].startswith("user is another-user where ") for one in differing)


def test_a_rule_that_is_not_installed_is_reported_and_the_others_are_run(siem: SiemUnderTest) -> None:
    siem.remove_rule()
    missing, other = summary(siem, rules=(RULE, OTHER_RULE))["rules"]
    assert (missing["error"].startswith("not installed"), missing["parsed"], missing["run"]) == (True, False, 0)
    assert other["agreed"] == other["run"] > 5
    assert len(siem.events()) == sum(len(case.events) for case in bundled_test_cases().runnable(OTHER_RULE))
    done = verify(siem)
    assert (done.returncode, "    not parsed: not installed" in done.stdout) == (1, True)


def test_a_search_that_fails_is_inconclusive_with_the_message_of_the_siem(siem: SiemUnderTest) -> None:
    message = siem.fail_search()
    (rule,) = summary(siem)["rules"]
    assert rule["inconclusive"] == rule["run"] == len(TEST_CASES)
    assert all(message in one["text"] for one in rule["test_cases"])


def test_a_search_that_is_not_permitted_is_inconclusive(siem: SiemUnderTest) -> None:
    message = siem.deny_search()
    (rule,) = summary(siem)["rules"]
    assert rule["inconclusive"] == rule["run"] == len(TEST_CASES)
    assert all(one["text"].startswith(message) for one in rule["test_cases"])


def test_events_that_never_become_searchable_make_their_test_cases_inconclusive_and_no_others(
    siem: SiemUnderTest,
) -> None:
    siem.hide(1)
    done = verify(siem, "--wait", "1")
    assert done.returncode == 1
    hidden, missing = TEST_CASES[0].name, len(TEST_CASES[0].events)
    assert f"    inconclusive {hidden}: {missing} of its events are not searchable; look " in done.stdout
    assert siem.arrival_hint in done.stdout
    assert f"0 of 1 rules verified, {len(TEST_CASES) - 1} of {len(TEST_CASES)} test cases agreed" in done.stdout


def test_an_endpoint_that_is_busy_for_a_while_receives_every_event(siem: SiemUnderTest) -> None:
    siem.make_busy()
    assert summary(siem)["ok"]


def test_a_refused_event_ends_the_run_with_the_name_of_its_test_case(siem: SiemUnderTest) -> None:
    siem.refuse_event()
    done = verify(siem, "--wait", "1")
    assert (done.returncode, siem.refusal in done.stderr) == (1, True), done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_a_lookup_with_entries_of_the_customer_is_noted(siem: SiemUnderTest) -> None:
    siem.fill_lookup()
    note = "has entries of your own: rules that read it may return other rows for good reason"
    assert summary(siem)["notes"] == [f"{siem.lookup} {note}"]


@pytest.mark.parametrize("without_address", [False, True])
def test_wrong_use_is_exit_code_2_before_any_request(without_address: bool, siem: SiemUnderTest) -> None:
    config = siem.file(**({siem.address: None} if without_address else {}))
    rule, message = (RULE, "is not set") if without_address else ("keys/none", "--rule keys/none: no such rule")
    done = claude_siem(siem.command, "verify", *siem.whole_run, "--config", config, "--rule", rule)
    assert (done.returncode, message in done.stderr) == (2, True)
    assert (siem.requests(), siem.events()) == (0, [])
