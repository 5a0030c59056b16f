"""Every question to Azure in turn."""

from collections.abc import Callable, Iterable, Iterator
from functools import cache, partial

from forwarder.azure.collection import CollectionRule, ask_collection_rule, judge_absence, judge_rule
from forwarder.azure.connection import Azure
from forwarder.azure.contents import judge_functions, judge_rules, judge_watchlists
from forwarder.azure.identity import ask_forwarder, ask_operator, judge_forwarder, judge_operator
from forwarder.azure.installed import ask_functions, ask_rules, ask_watchlists
from forwarder.azure.intake import ask_newest, ask_refused
from forwarder.azure.refusals_logged import ask_refusals_logged
from forwarder.azure.role import ask_assignments, judge_role
from forwarder.azure.tables import ask_table, judge_table
from forwarder.azure.workspace import ask_sentinel, ask_workspace, judge_workspace
from forwarder.records import STREAMS, Stream
from forwarder.siem.findings import Finding
from forwarder.siem.questions import Question, ask_all
from forwarder.sinks.sentinel import TABLES

MEND = "see rights to check"
"""Which docs/sentinel-verify.md lists."""


def check(azure: Azure) -> Iterator[Finding]:
    """What is there, and what is missing for events, rules and `verify`. Changes nothing, sends nothing.

    Raises as `Azure.asked` when not even the first questions are answered.
    """
    yield judge_operator(ask_operator(azure))
    workspace = ask_workspace(azure)
    yield judge_workspace(azure, workspace)
    rule = cache(lambda: ask_collection_rule(azure))
    questions: dict[str, Question] = {
        "Microsoft Sentinel": lambda: ask_sentinel(azure),
        "who sends": lambda: [judge_forwarder(azure, ask_forwarder(azure))],
        "collection rule": lambda: _rule(azure, rule()),
        "collection rule's errors": lambda: _of(rule(), lambda one: ask_refusals_logged(azure, one)),
        "role": lambda: _of(rule(), lambda one: [_role(azure, one)]),
        **{f"table {TABLES[stream]}": partial(_table, azure, stream) for stream in STREAMS},
        "functions": lambda: [judge_functions(ask_functions(azure))],
        "rules": lambda: [judge_rules(ask_rules(azure))],
        "watchlists": lambda: [judge_watchlists(ask_watchlists(azure))],
        "arrival": lambda: ask_newest(azure, workspace.customer_id),
        "refused rows": lambda: _of(rule(), lambda one: ask_refused(azure, workspace.customer_id, one)),
    }
    yield from ask_all(questions, MEND)


def _table(azure: Azure, stream: Stream) -> Iterable[Finding]:
    return [judge_table(stream, ask_table(azure, stream))]


def _rule(azure: Azure, rule: CollectionRule | None) -> Iterable[Finding]:
    return judge_rule(azure, rule) if rule else [judge_absence(azure)]


def _role(azure: Azure, rule: CollectionRule) -> Finding:
    identity = ask_forwarder(azure)
    return judge_role(rule, identity, list(ask_assignments(azure, rule, identity)))


def _of(rule: CollectionRule | None, question: Callable[[CollectionRule], Iterable[Finding]]) -> Iterable[Finding]:
    """Nothing where there is no rule: its own line says so."""
    return question(rule) if rule else []
