"""The bytes on the documentation pages are current, and measure what is counted and billed."""

from forwarder.records import Event, KeyFields
from tests.ocsf.samples import event_of, inputs
from tests.packages.event_volume import KINDS, PAGES, billed, indexed, page, stale, weights

BODY = b'{"name":"\xc3\xbc","count":12,"parts":{"a":[1]}}'
KEY_FIELDS = event_of(next(iter(inputs()))).key_fields


def test_the_tables_on_the_pages_are_current() -> None:
    assert stale() == [], "run: make docs"
    assert all(len(page(name).split("<!-- volume -->")) == 2 for name in PAGES)


def test_splunk_counts_the_event_and_azure_the_text_of_its_columns() -> None:
    bare, whole = (Event("activity", KeyFields(*KEY_FIELDS), body) for body in (b'{"name":""}', BODY))
    assert indexed(whole) == len(BODY)
    assert billed(whole) - billed(bare) == 2 + 2 + len('{"a":[1]}')


def test_there_are_samples_of_every_kind() -> None:
    assert {kind.name for kind in KINDS} == weights(indexed).keys()
