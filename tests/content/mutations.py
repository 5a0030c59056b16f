"""What a rule would be without one of its conditions, or with a parameter shifted, in both languages."""

from typing import NamedTuple

REVOKED, OFF_HOURS, SPIKE = "keys/revoked-key-used", "off-hours/off-hours-activity", "tokens/token-spike-user"
Change = tuple[str, str]


class Mutation(NamedTuple):
    """A change of both texts, and the fixtures of which at least one must then fail."""

    rule: str
    meaning: str
    kql: Change
    spl: Change
    noticed_by: tuple[str, ...]

    def in_kql(self, query: str) -> str:
        """The query changed. Raises `AssertionError` when it does not hold what is changed."""
        return _changed(query, self.kql)

    def in_spl(self, search: str) -> str:
        """The search changed."""
        return _changed(search, self.spl)


def _changed(text: str, change: Change) -> str:
    assert change[0] in text, f"{change[0]!r} is not in the rule any more"
    return text.replace(*change)


MUTATIONS = [
    Mutation(
        REVOKED,
        "uses before the revocation count",
        ("event_time > revoked_at + grace", "event_time > revoked_at - 30d"),
        ("event_time > revoked_at + `claude_param_revoked_key_used_grace`", "event_time > revoked_at - 2592000"),
        ("quiet.used-before-it-was-revoked",),
    ),
    Mutation(
        REVOKED,
        "no grace",
        ("let grace = 5m", "let grace = 0m"),
        ("`claude_param_revoked_key_used_grace`", "0"),
        ("quiet.within-the-grace",),
    ),
    Mutation(
        REVOKED,
        "a longer grace",
        ("let grace = 5m", "let grace = 30d"),
        ("`claude_param_revoked_key_used_grace`", "2592000"),
        ("fires.archived-key-in-the-feed",),
    ),
    Mutation(
        REVOKED,
        "enabling again does not matter",
        ("where isnull(enabled_at) or event_time > enabled_at", "where true"),
        ('role="revoked" AND (isnull(enabled_at) OR event_time > enabled_at)', 'role="revoked"'),
        ("quiet.enabled-again",),
    ),
    Mutation(
        REVOKED,
        "any enabling ever clears the key",
        ("isnull(enabled_at) or event_time > enabled_at", "isnull(enabled_at)"),
        ("(isnull(enabled_at) OR event_time > enabled_at)", "isnull(enabled_at)"),
        ("fires.enabled-before-it-was-revoked",),
    ),
    Mutation(
        REVOKED,
        "the newest sign of a revocation counts",
        ("revoked_at = min(event_time)", "revoked_at = max(event_time)"),
        ("eventstats min(revoked_time)", "eventstats max(revoked_time)"),
        ("fires.listed-as-inactive-again-after-its-use", "fires.archived-in-answer-to-its-use"),
    ),
    Mutation(
        REVOKED,
        "any change of a key is a revocation",
        ("activity_id in (4, 9)", "activity_id in (3, 4, 9)"),
        ("(activity_id=4 OR activity_id=9)", "(activity_id=3 OR activity_id=4 OR activity_id=9)"),
        ("quiet.renamed-not-revoked",),
    ),
    Mutation(
        REVOKED,
        "disabling is no revocation",
        ("activity_id in (4, 9)", "activity_id in (4)"),
        ("(activity_id=4 OR activity_id=9)", "(activity_id=4)"),
        ("fires.archived-key-in-the-feed",),
    ),
    Mutation(
        REVOKED,
        "whatever was deleted is a key",
        (
            "(class_uid == 3004 and object_type == 'API Key' and activity_id in (4, 9))",
            "(class_uid == 3004 and activity_id in (4, 9))",
        ),
        ('key_changed=if(class_uid=3004 AND object_type="API Key", 1, 0)', "key_changed=if(class_uid=3004, 1, 0)"),
        ("quiet.something-else-of-that-id-was-deleted",),
    ),
    Mutation(
        REVOKED,
        "every listed key is revoked",
        ("object_status in ('inactive', 'archived', 'expired')", "isnotempty(object_status)"),
        ('in(coalesce(object_status, "active"), "inactive", "archived", "expired")', "isnotnull(object_status)"),
        ("quiet.active-in-the-inventory",),
    ),
    Mutation(
        REVOKED,
        "the inventory is not asked",
        ("class_uid == 5023", "class_uid == 1"),
        ("OR (class_uid=5023", "OR (class_uid=1"),
        ("fires.inactive-in-the-inventory-with-tokens",),
    ),
    Mutation(
        REVOKED,
        "old uses alert again",
        ("let fresh = 75m", "let fresh = 14d"),
        ("`claude_param_revoked_key_used_fresh`", "1209600"),
        ("quiet.collected-long-ago",),
    ),
    Mutation(
        REVOKED,
        "backfilled rows count",
        ("not(backfilled)", "true"),
        ("| where backfilled=0\n", ""),
        ("quiet.backfilled-use", "quiet.backfilled-revocation"),
    ),
    Mutation(
        REVOKED,
        "usage without tokens counts",
        ("not(backfilled) and tokens > 0", "not(backfilled)"),
        ("claude_tokens>0", "claude_tokens>=0"),
        ("quiet.no-tokens",),
    ),
    Mutation(
        REVOKED,
        "exclusions do not matter",
        ("where rule == 'keys/revoked-key-used'", "where rule == 'nothing'"),
        ('"^keys/revoked-key-used$"', '"^nothing$"'),
        ("quiet.excluded-key",),
    ),
    Mutation(
        REVOKED,
        "every rule's exclusions apply",
        ("where rule == 'keys/revoked-key-used'", "where isnotempty(rule)"),
        ('mvfind(excluded_by, "^keys/revoked-key-used$")', "excluded_by"),
        ("fires.excluded-from-another-rule",),
    ),
    Mutation(
        OFF_HOURS,
        "fewer events are enough",
        ("let min_events = 5", "let min_events = 4"),
        ("`claude_param_off_hours_activity_min_events`", "4"),
        ("quiet.four-things",),
    ),
    Mutation(
        OFF_HOURS,
        "more events are needed",
        ("let min_events = 5", "let min_events = 6"),
        ("`claude_param_off_hours_activity_min_events`", "6"),
        ("fires.five-things-at-night",),
    ),
    Mutation(
        OFF_HOURS,
        "the day begins later",
        ("local_minute < work_start", "local_minute < work_start + 5"),
        ("local_minute < work_start", "local_minute < work_start + 5"),
        ("quiet.at-the-first-minute",),
    ),
    Mutation(
        OFF_HOURS,
        "the day ends earlier",
        ("local_minute >= work_end", "local_minute >= work_end - 10"),
        ("local_minute >= work_end", "local_minute >= work_end - 10"),
        ("quiet.at-the-last-minute",),
    ),
    Mutation(
        OFF_HOURS,
        "days off do not matter",
        ("not(work_days contains local_day) or ", ""),
        ('NOT like(work_days, "%" . tostring(local_day) . "%") OR ', ""),
        ("fires.on-a-day-off",),
    ),
    Mutation(
        OFF_HOURS,
        "mornings do not matter",
        ("local_minute < work_start or ", ""),
        ("local_minute < work_start OR ", ""),
        ("fires.five-things-at-night",),
    ),
    Mutation(
        OFF_HOURS,
        "everybody lives at Greenwich",
        ("event_time + utc_offset_minutes * 1m", "event_time"),
        ("event_time + utc_offset_minutes * 60", "event_time"),
        ("fires.late-evening-in-their-own-zone",),
    ),
    Mutation(
        OFF_HOURS,
        "a night ends at midnight",
        ("local_time - 12h", "local_time"),
        ("strftime(local_time - 43200,", "strftime(local_time,"),
        ("fires.across-midnight",),
    ),
    Mutation(
        OFF_HOURS,
        "app loads count",
        (" and not(event_code endswith '_viewed')", ""),
        (" NOT claude_code=*_viewed", ""),
        ("quiet.app-loads",),
    ),
    Mutation(
        OFF_HOURS,
        "keys count as people",
        ("actor_type == 'user_actor' and ", ""),
        ("unmapped.actor.type=user_actor ", ""),
        ("quiet.sign-ins-begun-by-nobody-known",),
    ),
    Mutation(
        OFF_HOURS,
        "old nights alert again",
        ("let fresh = 75m", "let fresh = 14d"),
        ("`claude_param_off_hours_activity_fresh`", "1209600"),
        ("quiet.collected-long-ago",),
    ),
    Mutation(
        OFF_HOURS,
        "backfilled rows count",
        ("not(backfilled)", "true"),
        ("backfilled=0 AND ", ""),
        ("quiet.backfilled",),
    ),
    Mutation(
        OFF_HOURS,
        "exclusions do not matter",
        ("where rule == 'off-hours/off-hours-activity'", "where rule == 'nothing'"),
        ('"^off-hours/off-hours-activity$"', '"^nothing$"'),
        ("quiet.excluded-person",),
    ),
    Mutation(
        SPIKE,
        "a shorter history is enough",
        ("let min_days = 7", "let min_days = 6"),
        ("`claude_param_token_spike_user_min_days`", "6"),
        ("quiet.six-days-of-history",),
    ),
    Mutation(
        SPIKE,
        "a longer history is needed",
        ("let min_days = 7", "let min_days = 8"),
        ("`claude_param_token_spike_user_min_days`", "8"),
        ("fires.ten-times-the-usual",),
    ),
    Mutation(
        SPIKE,
        "the spread has no floor",
        ("let spread_floor = 0.25", "let spread_floor = 0.0"),
        ("`claude_param_token_spike_user_spread_floor`", "0"),
        ("quiet.within-the-floor-of-the-spread",),
    ),
    Mutation(
        SPIKE,
        "the spread does not matter",
        ("let sigma = 3.0", "let sigma = 0.0"),
        ("`claude_param_token_spike_user_sigma`", "0"),
        ("quiet.a-wild-past",),
    ),
    Mutation(
        SPIKE,
        "a day cut in half counts",
        ("startofday(ago(lookback)) + 1d", "ago(lookback)"),
        ('AND event_time >= relative_time(now(), "-13d@d")', ""),
        ("quiet.an-old-day-cut-in-half",),
    ),
    Mutation(
        SPIKE,
        "small days count",
        ("let min_tokens = 100000", "let min_tokens = 1000"),
        ("`claude_param_token_spike_user_min_tokens`", "1000"),
        ("quiet.little-in-all",),
    ),
    Mutation(
        SPIKE,
        "old days alert again",
        ("let fresh = 75m", "let fresh = 14d"),
        ("`claude_param_token_spike_user_fresh`", "1209600"),
        ("quiet.collected-long-ago",),
    ),
    Mutation(
        SPIKE,
        "backfilled figures count",
        ("not(backfilled)", "true"),
        ("backfilled=0 AND ", ""),
        ("quiet.backfilled",),
    ),
    Mutation(
        SPIKE,
        "the judged day is in its own baseline",
        ("past_day < day", "past_day <= day"),
        ("current=f", "current=t"),
        ("quiet.six-days-of-history", "fires.ten-times-the-usual"),
    ),
    Mutation(
        SPIKE,
        "exclusions do not matter",
        ("where rule == 'tokens/token-spike-user'", "where rule == 'nothing'"),
        ('"^tokens/token-spike-user$"', '"^nothing$"'),
        ("quiet.excluded-principal",),
    ),
]
