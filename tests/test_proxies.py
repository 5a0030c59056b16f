"""By which proxy an address is reached, and that no client decides otherwise."""

import re
from pathlib import Path

import pytest

from forwarder.errors import Misconfigured
from forwarder.proxies import proxy_for

SPLUNK = "https://splunk.example.com:8088"
PASSWORD = "proxy-password-never-shown"
VARIABLES = ("http_proxy", "https_proxy", "all_proxy", "no_proxy")
CLIENTS = re.compile(
    r"httpx\.(Client|AsyncClient|HTTPTransport|get|post|put|request|stream)\(|requests\.(Session|get|post|request)\("
    r"|\(RequestsTransport\)|urlopen\(|http\.client\.HTTP"
)
"""What makes a client in one of the libraries that are used."""


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """Without a proxy."""
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    return monkeypatch


@pytest.mark.parametrize(
    ("variables", "proxy"),
    [
        ({}, None),
        ({"HTTPS_PROXY": "http://proxy.corp:3128"}, "proxy.corp:3128"),
        ({"HTTPS_PROXY": "http://proxy.corp"}, "proxy.corp:80"),
        ({"HTTPS_PROXY": "https://proxy.corp"}, "proxy.corp:443"),
        ({"HTTPS_PROXY": "proxy.corp:3128"}, "proxy.corp:3128"),
        ({"https_proxy": f"http://user:{PASSWORD}@proxy.corp:3128/"}, "proxy.corp:3128"),
        ({"ALL_PROXY": "http://proxy.corp:3128"}, "proxy.corp:3128"),
        ({"ALL_PROXY": "http://other:1", "HTTPS_PROXY": "http://proxy.corp:3128"}, "proxy.corp:3128"),
        ({"HTTP_PROXY": "http://proxy.corp:3128"}, None),
        ({"HTTPS_PROXY": ""}, None),
    ],
)
def test_the_proxy_is_that_of_the_environment(
    variables: dict[str, str], proxy: str | None, environment: pytest.MonkeyPatch
) -> None:
    for name, value in variables.items():
        environment.setenv(name, value)
    found = proxy_for(SPLUNK)
    assert (found and str(found)) == proxy
    assert PASSWORD not in f"{found} {found!r}"


@pytest.mark.parametrize(
    "url",
    ["http://127.0.0.1:8088", "https://127.0.0.1:8088", "https://localhost:1", "https://[::1]:1", "https://127.8.9.1"],
)
def test_loopback_is_never_reached_through_a_proxy(url: str, environment: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        environment.setenv(name, "not even an address")
    assert proxy_for(url) is None


@pytest.mark.parametrize(
    ("no_proxy", "url", "excluded"),
    [
        ("splunk.example.com", SPLUNK, True),
        ("example.com", SPLUNK, True),
        (".example.com", SPLUNK, True),
        ("*.example.com", SPLUNK, True),
        ("other, EXAMPLE.com ", SPLUNK, True),
        ("splunk.example.com:8088", SPLUNK, True),
        ("splunk.example.com:8089", SPLUNK, False),
        ("ample.com", SPLUNK, False),
        ("splunk.example.com.evil", SPLUNK, False),
        ("*", SPLUNK, True),
        ("", SPLUNK, False),
        (", ,.", SPLUNK, False),
        ("10.0.0.0/8", "https://10.1.2.3:8088", True),
        ("10.1.2.3", "https://10.1.2.3", True),
        ("10.0.0.0/8", "https://11.1.2.3", False),
        ("2001:db8::/32", "https://[2001:db8::1]:8088", True),
        ("example.com", "https://splunk.example.com.", True),
    ],
)
def test_hosts_of_no_proxy_are_reached_directly(
    no_proxy: str, url: str, excluded: bool, environment: pytest.MonkeyPatch
) -> None:
    environment.setenv("HTTPS_PROXY", "http://proxy.corp:3128")
    environment.setenv("NO_PROXY", no_proxy)
    assert (proxy_for(url) is None) == excluded


@pytest.mark.parametrize(
    "value",
    [
        "foo",
        f"foo:{PASSWORD}",
        f"user:{PASSWORD}@foo",
        f"http://user:{PASSWORD}@foo:bar",
        f"http://user:{PASSWORD}@",
        f"socks5://user:{PASSWORD}@proxy.corp:1080",
        f"http://user:{PASSWORD}@[::1",
        f"http://user:{PASSWORD} x@proxy.corp:3128",
        "://",
        "http://proxy.corp:99999",
    ],
)
def test_an_address_that_is_not_a_proxys_is_a_fault_of_the_settings_and_is_not_shown(
    value: str, environment: pytest.MonkeyPatch
) -> None:
    environment.setenv("HTTPS_PROXY", value)
    with pytest.raises(
        Misconfigured, match=r"^HTTPS_PROXY: not the address of a proxy: .*; set HTTPS_PROXY="
    ) as raised:
        proxy_for(SPLUNK)
    assert PASSWORD not in str(raised.value)


def test_every_client_of_the_program_is_made_where_the_proxy_is_decided() -> None:
    """The demo's agents and the check of the own status page, on loopback, do without; stand-ins are left out."""
    package = Path(__file__).parent.parent / "forwarder"
    made = {str(file.relative_to(package)) for file in package.rglob("*.py") if CLIENTS.search(file.read_text())}
    assert {name for name in made if not name.startswith("simulator/")} == {
        "http_client.py",
        "sinks/sentinel/transport.py",
        "cli/demo.py",
        "pipeline/host_checks.py",
    }
