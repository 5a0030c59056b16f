"""Test cases of the rule "Token usage spike in Claude Code session"."""

import statistics
from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from typing import Any

from tests.content.case import NOON, Mutation, RuleTestCase, exclusion
from tests.content.records import Collected, at
from tests.content.records_tokens import api_request
from tests.content.reference import DAY, NOW_S, RuleEvent, by, excluded, is_fresh

RULE = "tokens/session-token-burst"

USUAL, LEAST = 1_000_000, 2_000_000
STEADY = (100, 110, 90, 105, 95, 100, 120, 80, 100, 100)
"""Sessions around a hundred, in percent of the usual; more than 250 is a burst."""
WILD = (10, 400, 20, 350, 30, 300, 10, 500, 20, 380)


def _past(percents: Sequence[int] = STEADY, person: str = "dana") -> list[Collected]:
    """A session a day, the last of them yesterday."""
    return [
        api_request(person, f"session-{day}", at("04-14 09:00") - timedelta(days=day), percent * USUAL // 100)
        for day, percent in enumerate(percents)
    ]


def _burst(tokens: int, start: str = "04-15 11:20", session: str = "session-now", **options: Any) -> Collected:
    return api_request("dana", session, at(start), tokens, **options)


def test_cases() -> Iterator[RuleTestCase]:
    """What fires, and what does not."""
    yield RuleTestCase("fires.just-above-three-spreads", [*_past(), _burst(LEAST), _burst(500_001, "04-15 11:30")])
    yield RuleTestCase("quiet.three-spreads-and-no-more", [*_past(), _burst(2_500_000)])
    small = [percent // 2 for percent in STEADY]
    yield RuleTestCase("fires.the-least-that-counts", [*_past(small), _burst(LEAST)])
    yield RuleTestCase("quiet.less-than-counts", [*_past(small), _burst(LEAST - 1)])
    yield RuleTestCase("quiet.nine-sessions-before", [*_past(STEADY[:9]), _burst(10 * USUAL)])
    yield RuleTestCase("quiet.a-wild-past", [*_past(WILD), _burst(6 * USUAL)])
    yield RuleTestCase(
        "fires.before-a-small-one", [*_past(), _burst(3 * USUAL), _burst(1, "04-15 11:40", "session-later")]
    )
    yield RuleTestCase("quiet.two-sessions", [*_past(), _burst(LEAST), _burst(LEAST, "04-15 11:30", "session-other")])
    yield RuleTestCase("quiet.read-from-the-cache", [*_past(), _burst(USUAL, from_cache=50 * USUAL)])
    yield RuleTestCase("quiet.the-same-request-twice", [*_past(), *[_burst(LEAST)] * 2])
    agents = _burst(10 * USUAL, "04-15 11:30", name="subagent_completed")
    yield RuleTestCase("quiet.counted-again-of-a-sub-agent", [*_past(), _burst(USUAL), agents])
    yield RuleTestCase("quiet.the-past-of-another", [*_past(person="eve"), _burst(10 * USUAL)])
    homeless = api_request("dana", None, at("04-15 11:20"), 10 * USUAL)
    yield RuleTestCase("quiet.outside-any-session", [*_past(), homeless])
    nobody = [one for day in range(10) for one in _nobody(f"04-{day + 5:02d} 09:00", USUAL)]
    yield RuleTestCase("quiet.nobody-is-named", [*nobody, *_nobody("04-15 11:20", 10 * USUAL)])
    yield RuleTestCase("quiet.collected-two-hours-ago", [*_past(), _burst(10 * USUAL, "04-15 10:00")])
    yield RuleTestCase("quiet.excluded-person", [*_past(), _burst(10 * USUAL)], _excluded(RULE))
    another = _excluded("tokens/token-spike-user")
    yield RuleTestCase("fires.excluded-from-another-rule", [*_past(), _burst(10 * USUAL, collected=NOON)], another)


def _nobody(start: str, tokens: int) -> list[Collected]:
    return [api_request(None, f"session-{start}", at(start), tokens)]


def _excluded(rule: str) -> dict[str, str]:
    return exclusion(rule, "user_dana", "a migration")


def reference(events: Sequence[RuleEvent], lookups: Mapping[str, str]) -> list[dict[str, Any]]:
    """A session of two million tokens or more, three spreads of a half or more above ten sessions begun before it."""
    requests_of_sessions = [
        one for one in events if one.code == "claude_code.api_request" and one.time >= NOW_S - 14 * DAY
    ]
    rows = []
    for (actor,), own in by(requests_of_sessions, "actor_uid").items():
        sessions: dict[str, list[RuleEvent]] = {}
        for one in own:
            if name := one.get("actor.session.uid"):
                sessions.setdefault(name, []).append(one)
        for name, requests in sessions.items():
            begun = _begun(requests)
            past = [_tokens(other) for other in sessions.values() if _begun(other) < begun]
            if (
                len(past) < 10
                or not is_fresh(requests)
                or _tokens(requests) < LEAST
                or actor in excluded(lookups, RULE)
            ):
                continue
            mean, tokens = statistics.mean(past), _tokens(requests)
            if tokens > mean + 3 * max(statistics.stdev(past), mean / 2):
                who = {"actor_uid": actor, "user": max(one.user or "" for one in requests), "session": name}
                when = {"begun": begun, "last_event": max(one.time for one in requests), "requests": len(requests)}
                columns = {"models": len({one.model for one in requests if one.model}), "tokens": tokens}
                usual = {"sessions": len(past), "mean": round(mean), "times": round(tokens / mean, 1)}
                rows.append({**who, **when, **columns, **usual})
    return rows


def _begun(requests: Sequence[RuleEvent]) -> float:
    return min(one.time for one in requests)


def _tokens(requests: Sequence[RuleEvent]) -> int:
    return sum(one.tokens - (one.get("unmapped.cache_read_tokens") or 0) for one in requests)


MUTATIONS = (
    Mutation(
        "the evaluated session is in its own baseline",
        ("past_begun < begun", "past_begun <= begun"),
        ("current=f", "current=t"),
        ("quiet.nine-sessions-before", "fires.just-above-three-spreads"),
    ),
    Mutation(
        "what is read from the cache counts too",
        ("tokens - coalesce(tolong(unmapped.cache_read_tokens), tolong(0))", "tokens"),
        ("tokens - coalesce('unmapped.cache_read_tokens', 0)", "tokens"),
        ("quiet.read-from-the-cache",),
    ),
)
"""Mutants that are not generated."""
