"""`claude-siem lookups`: lookups made from events and CSV files."""

import csv
import io
import ipaddress
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forwarder.detect.lookups import networks_of
from forwarder.ocsf import normalize
from forwarder.records import InventoryChange, InventoryRecord
from tests.cli.commands import claude_siem
from tests.content.records import ORGANIZATION, Collected, activity, at, person, receipt
from tests.content.records_key_inventory import key_differs, key_in_inventory, listed_key

ANN = {"id": "user_01Ann", "type": "user", "email": "ann@example.com", "name": "Ann Example", "role": "developer"}
BOB = {"id": "user_01Bob", "type": "user", "email": "bob@example.com", "name": "Bob Example", "role": "user"}


def written(folder: Path, events: list[Collected]) -> str:
    """A file with these events."""
    file = folder / "events.ndjson"
    file.write_bytes(b"".join(one.event.body + b"\n" for one in events))
    return str(file)


def lookup(*arguments: str) -> list[dict[str, str]]:
    """The rows of a lookup."""
    done = claude_siem("lookups", *arguments)
    assert done.returncode == 0, done.stderr
    return list(csv.DictReader(io.StringIO(done.stdout)))


def member(day: str, after: dict[str, str], before: dict[str, str] | None = None) -> Collected:
    """An inventory event of a member; with `before`, a change event."""
    when = receipt(at(f"{day} 06:00"))
    record = InventoryChange("users", when.logged_ms, after or None, before, 7, ORGANIZATION) if before else None
    return Collected(
        "users", normalize(record or InventoryRecord("users", when.logged_ms, after, {}, ORGANIZATION), when)
    )


def test_people_are_members_and_active_users_with_the_group_of_their_address(tmp_path: Path) -> None:
    events = written(
        tmp_path,
        [
            member("04-14", {**ANN, "email": "ann.old@example.com"}),
            member("04-15", ANN, {**ANN, "email": "ann.old@example.com"}),
            member("04-14", BOB),
            member("04-15", {}, BOB),
            activity("claude_chat_created", person("dora"), at("04-15 09:00"), claude_chat_id="chat_1"),
        ],
    )
    (tmp_path / "people.csv").write_text("user,group\nAnn@Example.com,research\ngone@example.com,sales\n")
    done = claude_siem("lookups", "people", events, "--people", str(tmp_path / "people.csv"))
    rows = list(csv.DictReader(io.StringIO(done.stdout)))
    assert rows == [
        {"user_uid": "user_01Ann", "user": "ann@example.com", "name": "Ann Example", "peer_group": "research"},
        {"user_uid": "user_dora", "user": "dora@example.com", "name": "", "peer_group": ""},
    ]
    assert "1 of 2" in done.stderr
    assert "gone@example.com" in done.stderr


def test_keys_are_those_of_the_newest_inventory_with_the_values_of_an_earlier_lookup(tmp_path: Path) -> None:
    mine = listed_key("apikey_01Mine", name="build", principal={"type": "user", "id": "user_01Ann"})
    events = written(
        tmp_path,
        [
            member("04-14", ANN),
            key_in_inventory(mine, at("04-14 06:00")),
            key_in_inventory(listed_key("apikey_01Kept", name="archive"), at("04-14 06:00")),
            key_in_inventory(listed_key("apikey_01Gone", name="gone"), at("04-14 06:00")),
            key_differs(listed_key("apikey_01Gone", name="gone"), None, at("04-15 06:00")),
        ],
    )
    previous = tmp_path / "claude_keys.csv"
    previous.write_text("key,name,contact,max_age_days\napikey_01Kept,old name,ops@example.com,365\n")
    assert lookup("keys", events, "--previous", str(previous)) == [
        {"key": "apikey_01Kept", "name": "archive", "contact": "ops@example.com", "max_age_days": "365"},
        {"key": "apikey_01Mine", "name": "build", "contact": "ann@example.com", "max_age_days": ""},
    ]


def test_a_key_lookup_can_be_updated_in_place(tmp_path: Path) -> None:
    events = written(tmp_path, [key_in_inventory(listed_key("apikey_01Kept", name="archive"), at("04-14 06:00"))])
    previous = tmp_path / "claude_keys.csv"
    previous.write_text("key,name,contact,max_age_days\napikey_01Kept,,ops@example.com,365\n")
    for _ in range(2):
        lookup("keys", events, "--previous", str(previous), "--output", str(previous))
    assert previous.read_text().splitlines()[1:] == ["apikey_01Kept,archive,ops@example.com,365"]


def test_no_cell_of_a_lookup_is_a_formula_and_what_was_filled_in_stays(tmp_path: Path) -> None:
    """Ids and addresses, by which rules join, are as in the events; names and contacts are for people."""
    names = ('=HYPERLINK("http://x")', "+1", "@sum", "-2", "two\nlines\x1b[2J", "'quoted", "plain")
    keys = [
        key_in_inventory(listed_key(f"apikey_{number}", name=name), at("04-14 06:00"))
        for number, name in enumerate(names)
    ]
    events = written(tmp_path, keys)
    lookup_file = tmp_path / "claude_keys.csv"
    lookup("keys", events, "--output", str(lookup_file))
    rows = list(csv.DictReader(io.StringIO(lookup_file.read_text())))
    assert {row["key"] for row in rows} == {f"apikey_{number}" for number in range(len(names))}
    assert all(cell.isprintable() and cell[:1] not in "=+-@" for row in rows for cell in row.values() if cell)
    filled = lookup_file.read_text().replace("apikey_6,plain,,", "apikey_6,plain,'=ops@example.com,30")
    assert filled != lookup_file.read_text()
    lookup_file.write_text(filled)
    for _ in range(2):
        lookup("keys", events, "--previous", str(lookup_file), "--output", str(lookup_file))
    assert lookup_file.read_text() == filled


def test_the_calendar_keeps_its_negative_numbers(tmp_path: Path) -> None:
    groups = tmp_path / "groups.csv"
    groups.write_text("group,zone,start,end,days\n*,America/New_York,08:00,17:00,Mon-Fri\n")
    rows = lookup("calendar", "--groups", str(groups), "--from", "2026-01-05", "--days", "7")
    assert [row["utc_offset_minutes"] for row in rows] == ["-300"]


def test_a_name_covers_all_networks_that_its_ranges_touch(tmp_path: Path) -> None:
    (tmp_path / "ranges.csv").write_text(
        "range,name\n198.51.100.0/23,Berlin\n203.0.113.64/26,VPN\n2001:db8:17::/48,Berlin\n"
    )
    assert lookup("networks", "--ranges", str(tmp_path / "ranges.csv")) == [
        {"network": "198.51.100", "name": "Berlin"},
        {"network": "198.51.101", "name": "Berlin"},
        {"network": "203.0.113", "name": "VPN"},
        {"network": "2001:db8", "name": "Berlin"},
    ]


@given(st.one_of(st.ip_addresses(v=4), st.ip_addresses(network="2000::/3")), st.integers(20, 32))
def test_every_address_of_a_range_is_in_one_of_its_networks_as_the_rules_compute_them(
    address: ipaddress.IPv4Address | ipaddress.IPv6Address, prefix: int
) -> None:
    macro = (Path(__file__).parents[2] / "detections/base/claude_sites.spl").read_text()
    (pattern,) = re.findall(r'field=src_ip "(.+?)"', macro)
    match = re.match(pattern.replace("(?<", "(?P<"), str(address))
    assert match is not None
    assert match["network"] in set(networks_of(ipaddress.ip_network(f"{address}/{prefix}", strict=False)))


@pytest.mark.parametrize(
    ("command", "table", "words"),
    [
        ("networks --ranges", "range,name\n198.51.100.0/33,x\n", "line 2: '198.51.100.0/33' is not an address range"),
        ("networks --ranges", "range,name\n10.0.0.0/8,x\n", "line 2: 10.0.0.0/8 is larger than /12"),
        (
            "networks --ranges",
            "range,name\n10.0.0.0/25,x\n10.0.0.128/25,y\n",
            "network 10.0.0 is named 'y' here and 'x' in",
        ),
        ("networks --ranges", "network\n", "column 'range' is missing"),
        ("keys /dev/null --previous", "key,contact,max_age_days\na,b,soon\n", "line 2: max_age_days is 'soon'"),
        ("keys /dev/null --previous", "key,contact,max_age_days\na,b,0\n", "line 2: max_age_days is '0'"),
        ("people /dev/null --people", "user\n", "column 'group' is missing"),
    ],
)
def test_an_invalid_line_is_reported_with_the_fix(command: str, table: str, words: str, tmp_path: Path) -> None:
    (tmp_path / "table.csv").write_text(table)
    done = claude_siem("lookups", *command.split(), str(tmp_path / "table.csv"))
    assert done.returncode == 2
    assert words in done.stderr
