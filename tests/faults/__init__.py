"""Every fault the forwarder must survive: the real process, over real HTTP, with an audit at the end of each test.

| file | fault |
|---|---|
| test_sink_outages | 5xx, 429, resets, lost answers, proxies, bodies called too large; one sink down beside others |
| test_sink_refusals | wrong token, wrong index, role not granted, tokens that expire, a tenant without tokens |
| test_hec_poison | one event that HEC refuses, with and without its number |
| test_feed_faults | every wrong answer of the feed, between good ones |
| test_feed_access | keys that are refused, without scope, revoked, replaced |
| test_feed_order | cursors that expire, `order` ignored or refused, many rows at one instant, many organizations |
| test_late_rows | rows that can be read only minutes, hours, a day after they happened |
| test_hostile_rows | everything a feed should never send |
| test_kill | SIGKILL at random moments of the first run, of catching up, of steady life |
| test_shutdown | SIGTERM with work left, in calm weather and in an outage |
| test_store | full, unwritable, unreadable, damaged, already in use |
| test_once | `run --once`: exit codes, and what keeps it from finishing |

`world.World` is the stage with its auditor, `process.Forwarder` the process under test, `rows` makes what happens.
"""
