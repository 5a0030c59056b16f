"""By which certificate a HEC is known: by its authority and its host, by another name, or by itself."""

import hashlib
import ssl
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from forwarder.errors import Misconfigured
from forwarder.simulator.certificates import DOMAIN, Certificate, make_certificate
from forwarder.simulator.hec import HEC_TOKEN, HecServer
from forwarder.sinks.splunk import ManagementSettings, SplunkSettings, SplunkSink
from forwarder.splunkd.hec import check_health
from tests.faults.connect_proxy import ConnectProxy
from tests.sinks.deliveries import Outcome, delivery, outcome

STOCK_NAME = "SplunkServerDefaultCert"
ALL = Outcome(3, [], None)
SOME = "ab" * 32


@pytest.fixture(scope="module")
def stock(tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    """A certificate as Splunk comes with: for no host."""
    return make_certificate(tmp_path_factory.mktemp("stock"), common_name=STOCK_NAME)


@pytest.fixture
def hec(stock: Certificate) -> Iterator[HecServer]:
    """A HEC that shows it."""
    with HecServer(tls=stock.context()) as server:
        yield server


def fingerprint(certificate: Certificate) -> str:
    """As openssl prints it."""
    leaf = certificate.chain.read_text().split("-----END CERTIFICATE-----")[0] + "-----END CERTIFICATE-----"
    digest = hashlib.sha256(ssl.PEM_cert_to_DER_cert(leaf)).hexdigest().upper()
    return ":".join(digest[i : i + 2] for i in range(0, len(digest), 2))


def sink(hec: HecServer, **settings: Any) -> SplunkSink:
    """A sink there."""
    known = {"url": hec.url, "token": HEC_TOKEN, **settings}
    return SplunkSink("splunk", SplunkSettings.model_validate({k: v for k, v in known.items() if v is not None}))


def sent(hec: HecServer, **settings: Any) -> Outcome:
    """What becomes of three events."""
    sending = sink(hec, **settings)
    try:
        return outcome(sending.deliver(delivery()))
    finally:
        sending.close()


def test_the_stock_certificate_is_accepted_by_its_fingerprint_or_under_its_name_and_not_without(
    hec: HecServer, stock: Certificate
) -> None:
    ca_file = stock.ca
    for accepted in ({"fingerprint": fingerprint(stock)}, {"server_name": STOCK_NAME, "ca_file": ca_file}):
        assert sent(hec, **accepted) == ALL
    served = len(hec.served())
    refused: list[dict[str, Any]] = [
        {},
        {"ca_file": ca_file},
        {"server_name": STOCK_NAME},
        {"server_name": "another.example", "ca_file": ca_file},
        {"fingerprint": SOME},
    ]
    for settings in refused:
        position, dead_letters, error = sent(hec, **settings)
        assert (position, dead_letters, type(error)) == (0, [], Misconfigured)
        assert f"cannot connect to {hec.url} (the certificate is not trusted" in str(error)
        assert HEC_TOKEN not in str(error)
    assert len(hec.served()) == served, "no byte of a request was sent"


def test_a_pinned_certificate_is_compared_on_every_connection(
    hec: HecServer, stock: Certificate, tmp_path: Path
) -> None:
    sending = sink(hec, fingerprint=fingerprint(stock))
    assert outcome(sending.deliver(delivery())) == ALL
    hec.stop()
    other = HecServer(port=hec.port, tls=make_certificate(tmp_path / "other", common_name=STOCK_NAME).context())
    with other:
        for _ in range(2):
            error = outcome(sending.deliver(delivery())).error
        assert isinstance(error, Misconfigured)
        assert "is not the pinned one" in str(error)
        assert other.served() == []
    sending.close()


def test_name_and_fingerprint_hold_through_a_proxy_too(
    stock: Certificate, hec: HecServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    with ConnectProxy() as proxy:
        for name in ("HTTPS_PROXY", "https_proxy"):
            monkeypatch.setenv(name, proxy.url)
        url = f"https://splunk.{DOMAIN}:{hec.port}"
        assert sent(hec, url=url, fingerprint=fingerprint(stock)) == ALL
        assert sent(hec, url=url, server_name=STOCK_NAME, ca_file=stock.ca) == ALL
        served = len(hec.served())
        assert type(sent(hec, url=url, fingerprint=SOME).error) is Misconfigured
        assert type(sent(hec, url=url, ca_file=stock.ca).error) is Misconfigured
        assert len(hec.served()) == served
        assert {target.partition(":")[0] for target in proxy.tunnels} == {f"splunk.{DOMAIN}"}


def test_the_checks_of_a_splunk_know_it_by_the_same_certificate(hec: HecServer, stock: Certificate) -> None:
    known = {"url": hec.url, "token": HEC_TOKEN}
    pinned = SplunkSettings.model_validate({**known, "fingerprint": fingerprint(stock)})
    assert check_health("splunk", pinned).level == "ok"
    assert check_health("splunk", SplunkSettings.model_validate(known)).level != "ok"
    assert pinned.management_context().verify_mode is ssl.CERT_NONE, "the sink's, where management has none"
    own = pinned.model_copy(update={"management": ManagementSettings(ca_file=stock.ca)})
    assert own.management_context().verify_mode is ssl.CERT_REQUIRED


FAULTS: list[tuple[dict[str, Any], str]] = [
    ({"fingerprint": "ab:cd"}, "is not a SHA-256 fingerprint"),
    ({"fingerprint": "xy" * 32}, "is not a SHA-256 fingerprint"),
    ({"fingerprint": "ab" * 20}, "64 hexadecimal digits"),
    ({"fingerprint": SOME, "server_name": "splunk.example"}, "fingerprint and server_name are both set"),
    ({"fingerprint": SOME, "ca_file": "/ca.pem"}, "fingerprint and ca_file are both set"),
    ({"fingerprint": SOME, "url": "http://127.0.0.1:8088"}, "the url is http://"),
    ({"server_name": "splunk.example", "url": "http://127.0.0.1:8088"}, "the url is http://"),
    ({"server_name": "https://splunk.example"}, "should match pattern"),
    ({"server_name": "a" * 254}, "at most 253"),
]


@pytest.mark.parametrize(("settings", "message"), FAULTS)
def test_a_proof_that_makes_no_sense_is_a_fault_of_the_settings(settings: dict[str, Any], message: str) -> None:
    for model, known in (
        (SplunkSettings, {"url": "https://splunk.example:8088", "token": "t"}),
        (ManagementSettings, {"url": "https://splunk.example:8089"}),
    ):
        with pytest.raises(ValidationError, match=message):
            model.model_validate({**known, **settings})


@pytest.mark.parametrize("shown", [SOME, SOME.upper(), ":".join(["AB"] * 32)])
def test_a_fingerprint_is_read_as_programs_show_it(shown: str) -> None:
    assert SplunkSettings(url="https://splunk.example:8088", token="t", fingerprint=shown).fingerprint == SOME
