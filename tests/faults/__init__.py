"""Fault tests: the real process over real HTTP; each test ends with a check that no event is lost or duplicated.

| file | fault |
|---|---|
| test_sink_outages | 5xx, 429, resets, lost responses, proxies, 413; one sink down beside others |
| test_sink_refusals | wrong token, wrong index, missing role, expired tokens, no tokens from Entra ID |
| test_hec_poison | one event that HEC refuses, with and without `invalid-event-number` |
| test_feed_faults | every kind of invalid response of the feed between valid ones |
| test_feed_access | keys that are refused, lack the scope, are revoked or replaced |
| test_feed_order | expired cursors, `order` ignored or refused, many rows with one timestamp, many organizations |
| test_late_rows | rows that appear minutes, hours or a day after they were created |
| test_hostile_rows | rows that violate the API documentation |
| test_kill | SIGKILL at random times: in the first run, while catching up, in steady state |
| test_progress | an API that hangs, loops or asks for patience; a store file that is taken away |
| test_shutdown | signals with a backlog, during an outage, with everything hanging, while the program is starting |
| test_store | full, unwritable, unreadable, damaged, already in use |
| test_full_disk | a volume of 12 MB: full by itself and by others, killed then, backfill, archive |
| test_once | `run --once`: exit codes, and what prevents it from finishing |

`world.World` is the test environment, `process.Forwarder` the process under test, `rows` makes activities. `ledger` and
`stored` know what may arrive more than once; `small_volume` is a disk that fills.
"""
