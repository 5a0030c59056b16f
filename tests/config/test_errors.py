"""Every error in a settings file is one line that names file, line, key path and fix; never a traceback."""

from pathlib import Path

import pytest

from forwarder.errors import Misconfigured
from forwarder.settings import load_settings
from tests.config.files import KEY, SECRETS, SMALLEST, TELEMETRY_ALONE, WHOLE, load

SPLUNK = f"anthropic: {{compliance_key: {KEY}}}\nsinks:\n  splunk:\n    token: t\n"

ERRORS = [
    # text of the file, text in the line with the error, part of the message
    (
        WHOLE.replace("overlap:", "overlapp:"),
        "overlapp",
        "sources.activities.overlapp: unknown key; did you mean overlap?",
    ),
    (WHOLE.replace("index:", "indx:"), "indx", "sinks.splunk.indx: unknown key; did you mean index?"),
    (WHOLE.replace("index: claude", "management: {ulr: x}"), "ulr", "management.ulr: unknown key; did you mean url?"),
    (
        WHOLE.replace("index: claude", f"management: {{url: 'https://admin:{KEY}@splunk.example:8089'}}"),
        "management",
        "sinks.splunk.management.url: holds a credential, which would be shown; set it under its own key",
    ),
    (
        WHOLE.replace("index: claude", "management: {user: admin}"),
        "user",
        "sinks.splunk.management: user and password_file go together",
    ),
    (
        WHOLE.replace("index: claude", "management: {token_file: /t, user: admin, password_file: /p}"),
        "user",
        "sinks.splunk.management: a token and a user are both set; keep one",
    ),
    (WHOLE.replace("sources:", "source:"), "source:", "source: unknown key; did you mean sources?"),
    (WHOLE.replace("store:\n", "store:\n  zzz: 1\n"), "zzz", "store.zzz: unknown key; valid keys: url, max_bytes"),
    (WHOLE.replace("poll: 30s", "poll: 30"), "poll", "sources.activities.poll: 30 is not a number with a unit"),
    (WHOLE.replace("poll: 30s", "poll: 0s"), "poll", "sources.activities.poll: must be greater"),
    (WHOLE.replace("8GiB", "8 gigs"), "gigs", "store.max_bytes: '8 gigs' is not a number with a unit"),
    (WHOLE.replace("start: 24h", "start: 2026-04-01T00:00:00"), "start:", "sources.activities.start: "),
    (WHOLE.replace("start: 24h", "start: 2026-02-30"), "start:", "sources.activities.start: "),
    (WHOLE.replace("https://splunk", "http://splunk"), "//splunk", "plain http:// is for loopback addresses only"),
    (WHOLE.replace("splunk.example:8088", "splunk.example:abc"), "//splunk", "sinks.splunk.url: "),
    (WHOLE.replace("splunk.example:8088", "splunk.example:80888"), "//splunk", "sinks.splunk.url: "),
    (WHOLE.replace("https://splunk.example", "splunk.example"), "splunk.example", "is not an https:// URL"),
    (WHOLE.replace("dcr-0", "dcr-"), "dcr-", "sinks.sentinel.rule_id: "),
    (WHOLE.replace("127.0.0.1:8080", "8080"), "listen", "status.listen: "),
    (WHOLE.replace("sqlite:////var", "mysql:////var"), "mysql", "store.url: "),
    (
        WHOLE.replace("    type: splunk\n", "    type: elastic\n"),
        "type: elastic",
        "sinks.splunk.type: must be splunk, sentinel or archive",
    ),
    (
        WHOLE.replace("tenant_id", "client_id"),
        "000000002",
        "sinks.sentinel.client_id: duplicate key; keep one",
    ),
    (WHOLE + "store: {}\n", "store: {}", "store: duplicate key; keep one"),
    (SPLUNK, "  splunk:", "sinks.splunk.url: is required"),
    (SPLUNK.replace("token: t", "url: https://h:8088"), "  splunk:", "sinks.splunk: no token: set token_file"),
    (SPLUNK + "    url: https://h\n    token_file: /t\n", "  splunk:", "token and token_file are both set; keep one"),
    (SMALLEST.replace("archive:", "evidence:"), "evidence", "must be splunk, sentinel or archive"),
    (SMALLEST + "    enabled: false\n", "anthropic", "no sink is enabled"),
    (
        SMALLEST.replace("compliance_key", "base_url").replace(KEY, "https://a"),
        "anthropic",
        "anthropic: no key: set compl",
    ),
    (SMALLEST + "sources: nothing\n", "nothing", "sources: "),
    (SMALLEST + "status: {listen: !mine x}\n", "!mine", "status.listen: "),
    (SMALLEST + "store: {max_bytes: !!int x}\n", "!!int", "store.max_bytes: "),
    (SMALLEST + f"store: {{max_bytes: {'9' * 400}GiB}}\n", "999", "store.max_bytes: "),
    ("sinks: [", "sinks", "not YAML"),
    ("- a\n- b\n", "a", "the file must be a mapping"),
    ("{}", "{}", "anthropic: no key: set compl"),
    ("{}", "{}", "sinks: is required"),
    (
        TELEMETRY_ALONE.replace("otlp: {", "users: {enabled: true}, otlp: {"),
        "sources",
        "(Console organization) to read users; where only telemetry is received, set",
    ),
    (TELEMETRY_ALONE.replace("4318", "4317"), "sources", "sources.otlp: grpc_listen is the same address as listen"),
    (
        TELEMETRY_ALONE.replace("https://addin.example", "'*'"),
        "allowed_origins",
        "is not an origin; write for example https://addin",
    ),
    (TELEMETRY_ALONE.replace("addin.example]", "addin.example/]"), "allowed_origins", "is not an origin"),
    (TELEMETRY_ALONE.replace("https://addin", "http://addin"), "allowed_origins", "only https:// is allowed"),
    (TELEMETRY_ALONE + "status: {allowed_hosts: ['a b']}\n", "allowed_hosts", "status.allowed_hosts.0: "),
]


@pytest.mark.parametrize(("text", "at", "words"), ERRORS)
def test_every_error_is_one_line_naming_file_line_and_key(text: str, at: str, words: str, tmp_path: Path) -> None:
    with pytest.raises(Misconfigured) as refused:
        load(tmp_path, text)
    messages = str(refused.value).splitlines()
    line = next(number for number, written in enumerate(text.splitlines(), 1) if at in written)
    assert any(m.startswith(f"{tmp_path / 'claude-siem.yaml'}:{line}:") and words in m for m in messages), messages
    assert not any(secret in str(refused.value) for secret in SECRETS)


def test_an_alias_that_refers_to_itself_is_an_error_message(tmp_path: Path) -> None:
    with pytest.raises(Misconfigured, match=r"claude-siem\.yaml.*alias"):
        load(tmp_path, SMALLEST + "store: &s {url: *s}\n")


def test_all_errors_of_a_file_are_reported_at_once(tmp_path: Path) -> None:
    text = WHOLE.replace("poll: 30s", "poll: 30").replace("8GiB", "8").replace("index:", "indx:")
    with pytest.raises(Misconfigured) as refused:
        load(tmp_path, text)
    assert len(str(refused.value).splitlines()) == 3


def test_an_unreadable_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(Misconfigured, match=r"nowhere\.yaml: cannot be read"):
        load_settings(tmp_path / "nowhere.yaml", {})
    (tmp_path / "latin.yaml").write_bytes(b"anthropic: \xff\xfe")
    with pytest.raises(Misconfigured, match=r"latin\.yaml"):
        load_settings(tmp_path / "latin.yaml", {})


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("SOURCES__ACTIVITIES__ORGANIZATIONS", "[a"),
        ("SOURCES__ACTIVITIES__POLL", "soon"),
        ("SINKS__ARCHIVE__PATH__DEEPER", "x"),
        ("SINKS__ARCHIVE__PTH", "x"),
        ("STORE", "{max_bytes: {"),
    ],
)
def test_an_invalid_environment_variable_is_an_error_message(name: str, value: str, tmp_path: Path) -> None:
    with pytest.raises(Misconfigured):
        load(tmp_path, SMALLEST, **{name: value})


def test_a_secret_under_the_wrong_key_is_not_shown(tmp_path: Path) -> None:
    wrong = [
        WHOLE.replace(f"token: {KEY}", "").replace(f"compliance_key: {KEY}", f"compliance_key: [{KEY}]"),
        WHOLE.replace(f"compliance_key: {KEY}", f"compliance_kee: {KEY}"),
        WHOLE.replace("enabled: true\n    url", f"enabled: {KEY}\n    url"),
    ]
    for text in wrong:
        with pytest.raises(Misconfigured) as refused:
            load(tmp_path, text)
        assert not any(secret in str(refused.value) for secret in SECRETS)
