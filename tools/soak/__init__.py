"""The soak test: `python -m tools.soak` kills the forwarder several hundred times under faults and counts every event.

`plan` is the seeded sequence of runs and faults, `faults` the possible faults, `indexer` an indexer that crashes and
loses acknowledgements, `runs` executes the plan, `audit` compares what was issued with what was delivered. Worlds and
ledgers, which know what may arrive more than once, are those of `tests/faults`.
"""
