"""The commands: each file holds one family, as typed values with their grammar and their effect on rows.

`GRAMMAR` names every command there is; a command it does not name is refused.
"""

from tests.spl.commands import (
    charts,
    columns,
    filters,
    order,
    outputs,
    rest,
    sorting,
    sources,
    statistics,
    streams,
    subsearches,
    tables,
    texts,
    tstats,
)
from tests.spl.grammar_search import Grammar

GRAMMAR: Grammar = {
    **filters.GRAMMAR,
    **columns.GRAMMAR,
    **order.GRAMMAR,
    **sorting.GRAMMAR,
    **texts.GRAMMAR,
    **sources.GRAMMAR,
    **statistics.GRAMMAR,
    **streams.GRAMMAR,
    **tstats.GRAMMAR,
    **charts.GRAMMAR,
    **tables.GRAMMAR,
    **subsearches.GRAMMAR,
    **outputs.GRAMMAR,
    **rest.GRAMMAR,
}
GENERATING = frozenset({"inputlookup", "makeresults", "rest", "tstats"})
