"""A valid settings file: typed values, defaults, and the environment that overrides the file."""

import json
from contextlib import suppress
from datetime import datetime, timedelta, timezone
from pathlib import Path

import jsonschema_rs
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from forwarder.config.units import parse_address, parse_duration, parse_size, parse_start
from forwarder.errors import Misconfigured
from forwarder.settings import Settings, load_settings, starter_file
from forwarder.sinks.splunk import SplunkSettings
from tests.config.files import SECRETS, SMALLEST, TELEMETRY_ALONE, TOKEN, WHOLE, load


def test_the_documented_example_loads_with_the_documented_values(tmp_path: Path) -> None:
    settings = load(tmp_path, WHOLE)
    activities = settings.sources.activities
    assert (activities.poll, activities.settle, activities.overlap) == (30, 90, 600)
    assert (activities.reconcile, activities.start) == (3 * 86400, 86400)
    assert (settings.store.max_bytes, settings.store.dead_letters_keep) == (8 * 2**30, 90 * 86400)
    assert settings.store.url == "sqlite:////var/lib/claude-siem/store.db"
    assert settings.status.listen == ("127.0.0.1", 8080)
    assert set(settings.enabled_sinks()) == {"splunk", "sentinel"}


def test_the_documented_example_shows_the_defaults(tmp_path: Path) -> None:
    """A file without these sections has the same values as the example."""
    whole, smallest = load(tmp_path, WHOLE), load(tmp_path, SMALLEST)
    assert smallest.sources == whole.sources
    assert smallest.store == whole.store
    assert smallest.status == whole.status


def test_each_stream_has_an_index_derived_from_the_main_one(tmp_path: Path) -> None:
    splunk = load(tmp_path, WHOLE).sinks["splunk"]
    assert isinstance(splunk, SplunkSettings)
    assert [splunk.index_of(s) for s in ("activity", "usage", "agent", "content")] == [
        "claude",
        "claude_usage",
        "claude_agent",
        "claude_content",
    ]
    other = load(tmp_path, WHOLE, SINKS__SPLUNK__INDEXES="{usage: bills}").sinks["splunk"]
    assert isinstance(other, SplunkSettings)
    assert (other.index_of("usage"), other.index_of("agent")) == ("bills", "claude_agent")


def test_the_environment_sets_keys_at_every_depth(tmp_path: Path) -> None:
    settings = load(
        tmp_path,
        SMALLEST,
        SINKS__ARCHIVE__ENABLED="false",
        SINKS__SPLUNK__URL="https://splunk.example:8088",
        SINKS__SPLUNK__TOKEN="12345678",
        SOURCES__ACTIVITIES__POLL="5s",
        SOURCES__ACTIVITIES__EXCLUDE_TYPES="[compliance_api_accessed]",
        STORE__MAX_BYTES="1MiB",
    )
    splunk = settings.sinks["splunk"]
    assert isinstance(splunk, SplunkSettings)
    assert splunk.token
    assert splunk.token.get_secret_value() == "12345678"
    assert list(settings.enabled_sinks()) == ["splunk"]
    assert settings.sources.activities.poll == 5
    assert settings.sources.activities.exclude_types == ("compliance_api_accessed",)
    assert settings.store.max_bytes == 2**20


def test_the_environment_overrides_the_file(tmp_path: Path) -> None:
    settings = load(
        tmp_path,
        WHOLE,
        SOURCES__ACTIVITIES__POLL="5s",
        SINKS__SPLUNK__TOKEN="other",
        SINKS__SENTINEL__ENABLED="false",
        STATUS="{listen: 127.0.0.1:9}",
    )
    splunk = settings.sinks["splunk"]
    assert isinstance(splunk, SplunkSettings)
    assert splunk.token
    assert splunk.token.get_secret_value() == "other"
    assert settings.sources.activities.poll == 5
    assert list(settings.enabled_sinks()) == ["splunk"]
    assert settings.status.listen == ("127.0.0.1", 9)


def test_other_environment_variables_are_ignored(tmp_path: Path) -> None:
    file = tmp_path / "claude-siem.yaml"
    file.write_text(SMALLEST)
    environment = {"CLAUDE_SIEM_IMAGE": "x", "PATH": "/bin", "claude_siem__store": "x"}
    assert load_settings(file, environment) == load_settings(file, {})


@pytest.mark.parametrize("host", ["127.0.0.1", "127.8.8.8", "[::1]", "localhost"])
def test_plain_http_is_allowed_for_loopback(host: str, tmp_path: Path) -> None:
    load(tmp_path, WHOLE.replace("https://api.anthropic.com", f"http://{host}:9"))


@pytest.mark.parametrize(
    "url",
    [
        "http://api.anthropic.com",
        "http://10.0.0.1",
        "http://127.0.0.1.example.com",
        "http://localhost.example.com",
        "http://user@127.0.0.1@example.com",
        "http://0.0.0.0",
        "http://[::ffff:8.8.8.8]",
        "ftp://127.0.0.1",
        "https://",
        "",
    ],
)
def test_plain_http_to_other_hosts_is_refused(url: str, tmp_path: Path) -> None:
    with pytest.raises(Misconfigured, match=r":2: anthropic\.base_url"):
        load(tmp_path, WHOLE.replace("https://api.anthropic.com", f"'{url}'"))


def test_no_text_form_of_the_settings_contains_a_secret(tmp_path: Path) -> None:
    settings = load(tmp_path, WHOLE)
    forms = [repr(settings), str(settings), settings.model_dump_json(), str(settings.model_dump(mode="json"))]
    forms += [repr(settings.anthropic.activity_feed_key("")), str(settings.sinks), repr(settings.model_dump())]
    for form in forms:
        assert not any(secret in form for secret in SECRETS)
    assert TOKEN in WHOLE


def test_no_validation_error_shows_the_refused_value(tmp_path: Path) -> None:
    tree = yaml.safe_load(WHOLE)
    tree["sinks"]["splunk"]["token"] = [TOKEN]
    with pytest.raises(ValidationError) as refused:
        Settings.model_validate(tree)
    assert TOKEN not in f"{refused.value} {refused.value!r}"


def test_the_schema_accepts_the_starter_and_the_example_but_no_unknown_key() -> None:
    validator = jsonschema_rs.validator_for(json.loads(json.dumps(Settings.model_json_schema())))
    starter = yaml.safe_load(starter_file())
    assert validator.is_valid(starter), list(validator.iter_errors(starter))
    whole = yaml.safe_load(WHOLE)
    assert validator.is_valid(whole), list(validator.iter_errors(whole))
    starter["sinks"]["splunk"]["tokn"] = "x"
    assert not validator.is_valid(starter)


UNITS = {"ms": 0.001, "s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800}
SIZES = {"B": 1, "KB": 1e3, "MB": 1e6, "GB": 1e9, "KiB": 2**10, "MiB": 2**20, "GiB": 2**30}


@given(st.integers(0, 10**9), st.sampled_from(sorted(UNITS)), st.sampled_from(["", " "]))
def test_a_duration_is_its_number_times_its_unit(number: int, unit: str, gap: str) -> None:
    assert parse_duration(f"{number}{gap}{unit}") == pytest.approx(number * UNITS[unit])
    assert parse_start(f"{number}{gap}{unit}") == pytest.approx(number * UNITS[unit])


@given(st.integers(0, 900_000), st.sampled_from(sorted(SIZES)))
def test_a_size_is_its_number_times_its_unit(number: int, unit: str) -> None:
    assert parse_size(f"{number}{unit}") == pytest.approx(number * SIZES[unit])


@given(st.one_of(st.text(), st.integers(), st.floats(), st.none(), st.booleans(), st.lists(st.text())))
def test_any_other_value_raises_only_value_errors(value: object) -> None:
    for parse in (parse_duration, parse_size, parse_address, parse_start):
        with suppress(ValueError):
            parse(value)


@given(st.ip_addresses(), st.integers(0, 65535))
def test_an_address_is_read_back_as_written(ip: object, port: int) -> None:
    host = f"[{ip}]" if ":" in str(ip) else str(ip)
    assert parse_address(f"{host}:{port}") == (str(ip), port)


@given(st.datetimes(timezones=st.integers(-840, 840).map(lambda m: timezone(timedelta(minutes=m)))))
def test_a_start_may_be_a_timestamp_with_a_time_zone(timestamp: datetime) -> None:
    assert parse_start(timestamp.isoformat()) == timestamp


LISTS = "sources: {api_keys: {enabled: true}, usage: {enabled: true, bucket: 1m, group_by: [model]}}\n"


@pytest.mark.parametrize("section", ["", "anthropic: {}\n", "anthropic: {base_url: 'https://gateway.example'}\n"])
def test_telemetry_alone_needs_no_key(section: str, tmp_path: Path) -> None:
    settings = load(tmp_path, section + TELEMETRY_ALONE)
    assert settings.sources.enabled() == {}
    assert settings.sources.otlp.grpc_listen == ("127.0.0.1", 4317)
    assert settings.sources.otlp.allowed_origins == ("https://addin.example",)


def test_sources_of_the_admin_api_need_an_admin_key(tmp_path: Path) -> None:
    assert list(load(tmp_path, SMALLEST).sources.enabled()) == ["activities"]
    with pytest.raises(Misconfigured, match=r"sources\.api_keys needs an Admin API key"):
        load(tmp_path, SMALLEST + LISTS)
    settings = load(tmp_path, SMALLEST + LISTS, ANTHROPIC__ADMIN_KEY="sk-ant-admin01-x")
    assert list(settings.sources.enabled()) == ["activities", "api_keys", "usage"]
    assert (settings.sources.usage.bucket, settings.sources.usage.group_by) == ("1m", ("model",))
    assert (settings.sources.api_keys.poll, settings.sources.users.poll) == (300, 900)


def test_additional_accounts_have_their_own_keys_and_sources(tmp_path: Path) -> None:
    emea = "accounts: {emea: {anthropic: {admin_key: sk-ant-admin01-emea}, sources: {users: {enabled: true}}}}\n"
    settings = load(tmp_path, SMALLEST + emea)
    accounts = settings.every_account()
    assert list(accounts) == ["", "emea"]
    assert list(accounts["emea"].sources.enabled()) == ["activities", "users"]
    assert list(accounts[""].sources.enabled()) == ["activities"]
    assert accounts["emea"].anthropic.admin_api_key("emea").name == "accounts.emea.anthropic.admin_key"
    assert accounts["emea"].anthropic.activity_feed_key("emea").name == "accounts.emea.anthropic.admin_key"
    assert accounts[""].anthropic.activity_feed_key("").name == "anthropic.compliance_key"


@pytest.mark.parametrize("name", ["Emea", "e mea", "a.b", ""])
def test_an_account_name_is_one_lowercase_word(name: str, tmp_path: Path) -> None:
    with pytest.raises(Misconfigured, match="accounts"):
        load(tmp_path, SMALLEST + f'accounts: {{"{name}": {{anthropic: {{admin_key: x}}}}}}\n')
