"""The checks of a Sentinel sink: identities, workspace, collection rule, role, tables, content, arriving rows."""

from collections.abc import Callable, Iterable, Iterator
from functools import partial

from forwarder.azure.access import (
    FORWARDER,
    ROLE,
    check_forwarder,
    check_operator,
    check_role,
    read_assignments,
    read_forwarder,
    read_operator,
)
from forwarder.azure.collection_rule import (
    ERRORS_SUBJECT,
    SUBJECT,
    CollectionRule,
    check_collection_rule,
    check_error_logging,
    missing_collection_rule,
    read_collection_rule,
)
from forwarder.azure.connection import Azure
from forwarder.azure.content import (
    check_functions,
    check_rules,
    check_watchlists,
    read_functions,
    read_rules,
    read_watchlists,
)
from forwarder.azure.workspace import (
    check_arrival,
    check_onboarding,
    check_refused_rows,
    check_table,
    check_workspace,
    read_table,
    read_workspace,
)
from forwarder.records import STREAMS, Stream
from forwarder.siem.calls import called_once
from forwarder.siem.check import Question, SiemFinding, run_checks
from forwarder.sinks.sentinel import TABLES

PERMISSIONS = "the permissions for check"
"""In docs/sentinel-verify.md."""
RuleQuestion = Callable[[CollectionRule], Iterable[SiemFinding]]


def check(azure: Azure) -> Iterator[SiemFinding]:
    """What events, rules and `verify` need. Changes nothing, sends no event.

    Raises as `Azure.request` when the first requests already fail.
    """
    yield check_operator(read_operator(azure))
    workspace = read_workspace(azure)
    yield check_workspace(azure, workspace)
    rule = called_once(lambda: read_collection_rule(azure))
    questions: dict[str, Question] = {
        "Microsoft Sentinel": lambda: check_onboarding(azure),
        FORWARDER: lambda: [check_forwarder(azure, read_forwarder(azure))],
        SUBJECT: lambda: _rule(azure, rule()),
        ERRORS_SUBJECT: lambda: _of(rule(), lambda one: check_error_logging(azure, one)),
        ROLE: lambda: _of(rule(), lambda one: [_role(azure, one)]),
        **{f"table {TABLES[stream]}": partial(_table, azure, stream) for stream in STREAMS},
        "functions": lambda: [check_functions(read_functions(azure))],
        "rules": lambda: [check_rules(read_rules(azure))],
        "watchlists": lambda: [check_watchlists(read_watchlists(azure))],
        "arrival": lambda: check_arrival(azure, workspace.customer_id),
        "refused rows": lambda: _of(rule(), lambda one: check_refused_rows(azure, workspace.customer_id, one)),
    }
    yield from run_checks(questions, PERMISSIONS)


def _table(azure: Azure, stream: Stream) -> Iterable[SiemFinding]:
    return [check_table(stream, read_table(azure, stream))]


def _rule(azure: Azure, rule: CollectionRule | None) -> Iterable[SiemFinding]:
    return check_collection_rule(azure, rule) if rule else [missing_collection_rule(azure)]


def _role(azure: Azure, rule: CollectionRule) -> SiemFinding:
    identity = read_forwarder(azure)
    return check_role(rule, identity, list(read_assignments(azure, rule, identity)))


def _of(rule: CollectionRule | None, question: RuleQuestion) -> Iterable[SiemFinding]:
    """No finding without a rule, which is a finding of its own."""
    return question(rule) if rule else []
