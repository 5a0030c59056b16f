"""Functions, rules and watchlists as installed, compared with those of this version."""

from collections.abc import Collection, Mapping

from forwarder.azure.installed import Function, Rule
from forwarder.azure.package import DEPLOY
from forwarder.azure.solution import shipped_functions, shipped_rules, shipped_watchlists
from forwarder.siem.findings import Finding, doubtful, fine, wrong

SHOWN = 3
"""Names a line has at most."""


def judge_functions(there: Mapping[str, Function]) -> Finding:
    """Whether all are there, as shipped."""
    shipped = shipped_functions()
    if lacking := [name for name in shipped if name not in there]:
        return wrong("functions", f"{_some(lacking, shipped)} missing: rules that call them fail; {DEPLOY}")
    if other := changed_functions(there):
        return doubtful("functions", f"{_some(other, shipped)} other than shipped with this version; {DEPLOY}, or keep")
    return fine("functions", f"all {len(shipped)} are there, as shipped")


def changed_functions(there: Mapping[str, Function]) -> list[str]:
    """The names of the functions that are there and not as shipped, but for spaces."""
    pairs = ((name, there[name], function) for name, function in shipped_functions().items() if name in there)
    return [name for name, held, ours in pairs if _words(*held) != _words(*ours)]


def judge_rules(there: Mapping[str, Rule]) -> Finding:
    """How many are there, run, and are as shipped."""
    shipped = shipped_rules()
    ours = {key: there[key] for key in shipped if key in there}
    if not ours:
        return wrong("rules", f"none of {len(shipped)} is there; {DEPLOY}")
    lacking = [shipped[key].title for key in shipped if key not in ours]
    silent = [rule.title for rule in ours.values() if not rule.enabled]
    other = [shipped[key].title for key in changed_rules(there)]
    told = [
        f"{_some(names, shipped)} {word}"
        for names, word in ((lacking, "missing"), (silent, "switched off"), (other, "other than shipped"))
        if names
    ]
    if told:
        return doubtful("rules", f"{'; '.join(told)}. If that is not as wanted: {DEPLOY}")
    return fine("rules", f"all {len(shipped)} are there and run, as shipped")


def changed_rules(there: Mapping[str, Rule]) -> list[str]:
    """The ids of the rules that are there with another query or period than shipped, but for spaces."""
    pairs = ((key, there[key], rule) for key, rule in shipped_rules().items() if key in there)
    return [key for key, held, ours in pairs if _words(held.query, held.period) != _words(ours.query, ours.period)]


def judge_watchlists(there: Collection[str]) -> Finding:
    """Whether all are there; their rows are the customer's."""
    shipped = sorted(shipped_watchlists())
    if lacking := [name for name in shipped if name not in there]:
        return wrong("watchlists", f"{_some(lacking, shipped)} missing: rules that read them fail; {DEPLOY}")
    return fine("watchlists", f"all {len(shipped)} are there")


def _some(names: list[str], all_of: Collection[str]) -> str:
    verb = "is" if len(names) == 1 else "are"
    shown = ", ".join(names[:SHOWN]) + (", …" if len(names) > SHOWN else "")
    return f"{len(names)} of {len(all_of)} ({shown}) {verb}"


def _words(*texts: str) -> list[str]:
    return [word for text in texts for word in text.split()]
