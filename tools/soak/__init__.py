"""The soak: `python -m tools.soak` kills the forwarder some hundred times in bad weather, then counts every event.

`plan` rolls the dice, `weather` is what goes wrong, `promises` are acknowledgements that may be lost, `limits` is
what may have come twice, `lives` lives and kills, `audit` closes the books. Worlds and ledgers are those of
`tests/faults`.
"""
