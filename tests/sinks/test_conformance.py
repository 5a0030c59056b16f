"""What every kind of sink keeps, whatever its destination does: one suite, run over the registry."""

import threading
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import closing
from pathlib import Path

import orjson
import pytest

from forwarder.errors import Misconfigured, Retry
from forwarder.records import STREAMS
from forwarder.sinks import SINKS
from forwarder.sinks.base import ENCODING, MAX_REFUSALS
from forwarder.store import Chunk
from tests.sinks.deliveries import chunk_of
from tests.sinks.harness import HTTP_KINDS, WRONG_SECRET, Harness, HttpHarness, harness

MANY = 4500
"""Events of a chunk that is sent in several bodies after its first one is refused as too large."""
POISON = '"mark":"poison"'


@pytest.fixture(params=SINKS)
def any_sink(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Harness]:
    """Every kind."""
    with harness(request.param, tmp_path) as world:
        yield world


@pytest.fixture(params=HTTP_KINDS)
def http_sink(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[HttpHarness]:
    """Every kind that sends over HTTP."""
    with harness(request.param, tmp_path) as world:
        assert isinstance(world, HttpHarness)
        yield world


@pytest.fixture(
    params=[(kind, numbered) for kind, found in HTTP_KINDS.items() for numbered in {found.names_refused_events, False}],
    ids=lambda chosen: f"{chosen[0]}-{'named' if chosen[1] else 'unnamed'}",
)
def refusing_sink(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[HttpHarness]:
    """Every kind that sends over HTTP, twice where the destination may name the event that it refuses, or not."""
    kind, numbered = request.param
    with harness(kind, tmp_path) as world:
        assert isinstance(world, HttpHarness)
        world.numbered = numbered
        yield world


def events(numbers: Iterable[int], poison: Iterable[int] = ()) -> Chunk:
    """A chunk of events by number, some of them marked as poison."""
    marked = set(poison)
    return chunk_of({number: {"mark": "poison"} if number in marked else {} for number in numbers})


def broken(numbers: range, odd: Iterable[int], poison: Iterable[int] = ()) -> Chunk:
    """Such a chunk in which the odd events have no times: no source makes one, so only a fault of ours could."""
    good, bad = events(numbers, poison), chunk_of({number: {} for number in numbers}, time_ms=None, logged_ms=None)
    rows = [orjson.loads(chunk.key_fields) for chunk in (good, bad)]
    chosen = [rows[number in odd][place] for place, number in enumerate(numbers)]
    return good._replace(key_fields=orjson.dumps(chosen))


def once(numbers: Iterable[int]) -> Counter[str]:
    """Each of these events arrived once, and no other."""
    return Counter(f"uid-{number}" for number in numbers)


def test_every_event_of_every_stream_arrives_exactly_once(any_sink: Harness) -> None:
    with closing(any_sink.sink()) as sink:
        for block, stream in enumerate(STREAMS):
            numbers = range(block * 100, block * 100 + 50)
            assert any_sink.deliver(sink, any_sink.delivery(chunk_of({number: {} for number in numbers}, stream))).done
    assert any_sink.arrived() == once(block * 100 + number for block in range(len(STREAMS)) for number in range(50))


def test_only_the_events_that_are_left_of_a_delivery_are_sent(any_sink: Harness) -> None:
    with closing(any_sink.sink()) as sink:
        result = any_sink.deliver(sink, any_sink.delivery(events(range(10)), position=4, stop=7))
    assert (result.done, result.left.position) == (True, 7)
    assert any_sink.arrived() == once(range(4, 7))


def test_after_an_interruption_sending_goes_on_where_it_stopped(any_sink: Harness) -> None:
    with closing(any_sink.sink()) as sink:
        with any_sink.interruption():
            begun = any_sink.deliver(sink, any_sink.delivery(events(range(MANY))))
        assert type(begun.error) is Retry
        assert (0 < begun.left.position < MANY) == isinstance(any_sink, HttpHarness)
        assert any_sink.deliver(sink, begun.left).done
    assert any_sink.arrived() == once(range(MANY))


def test_an_outage_costs_no_event_and_is_over_when_the_destination_is_back(any_sink: Harness) -> None:
    with closing(any_sink.sink()) as sink:
        with any_sink.outage():
            begun = any_sink.deliver(sink, any_sink.delivery(events(range(5))))
            assert (begun.left.position, begun.dead_letters) == (0, [])
            assert type(begun.error) is Retry
            assert f"sinks.{any_sink.kind}" in str(begun.error)
        assert any_sink.deliver(sink, begun.left).done
    assert any_sink.arrived() == once(range(5))


def test_what_is_sent_again_after_a_lost_answer_arrives_at_least_once(any_sink: Harness) -> None:
    with closing(any_sink.sink()) as sink:
        assert any_sink.deliver(sink, any_sink.delivery(events(range(100, 105)))).done
        again = any_sink.delivery(events(range(5)))
        with any_sink.lost_answer():
            any_sink.deliver(sink, again)
    with closing(any_sink.sink()) as sink:
        assert any_sink.deliver(sink, again).done
    assert any_sink.arrived().keys() == once([*range(5), *range(100, 105)]).keys()
    surplus = any_sink.arrived() - once([*range(5), *range(100, 105)])
    assert surplus <= (once(range(5)) if isinstance(any_sink, HttpHarness) else Counter())


def test_a_misconfiguration_keeps_every_event_until_it_is_fixed(any_sink: Harness) -> None:
    with closing(any_sink.sink()) as sink:
        assert any_sink.deliver(sink, any_sink.delivery(events([100]))).done
    waiting = any_sink.delivery(events(range(20)))
    with any_sink.misconfiguration(), closing(any_sink.sink()) as sink:
        for _ in range(2):
            stopped = any_sink.deliver(sink, waiting)
            assert (stopped.left.position, stopped.dead_letters) == (0, [])
            assert type(stopped.error) is Misconfigured
        with pytest.raises(Misconfigured, match=f"sinks.{any_sink.kind}"):
            sink.check(events([200]))
    with closing(any_sink.sink()) as sink:
        assert any_sink.deliver(sink, waiting).done
    assert any_sink.arrived() == once([*range(20), 100])


def test_an_event_that_cannot_be_encoded_costs_that_event_only(any_sink: Harness) -> None:
    odd = {3, 7, *range(20, 40)}
    chunk = broken(range(50), odd)
    with closing(any_sink.sink()) as sink:
        result = any_sink.deliver(sink, any_sink.delivery(chunk))
    assert result.done
    assert [letter.uid for letter in result.dead_letters] == [f"uid-{number}" for number in sorted(odd)]
    assert {letter.reason for letter in result.dead_letters} == {ENCODING}
    assert {letter.refused_by for letter in result.dead_letters} == {any_sink.kind}
    assert all(letter.detail.startswith("TypeError: ") for letter in result.dead_letters)
    assert [letter.body for letter in result.dead_letters] == [chunk.lines()[number] for number in sorted(odd)]
    assert any_sink.arrived() == once(set(range(50)) - odd)


def test_a_chunk_in_which_no_event_can_be_encoded_is_settled_too(any_sink: Harness) -> None:
    with closing(any_sink.sink()) as sink:
        result = any_sink.deliver(sink, any_sink.delivery(broken(range(30), odd=range(30))))
        assert (result.done, len(result.dead_letters)) == (True, 30)
        assert any_sink.deliver(sink, any_sink.delivery(events(range(5)))).done
    assert any_sink.arrived() == once(range(5))


def test_a_check_proves_the_destination_with_at_most_one_event(any_sink: Harness) -> None:
    with closing(any_sink.sink()) as sink:
        assert sink.check(events([0]))
    assert any_sink.arrived() <= once([0])


def test_nothing_is_held_after_close(any_sink: Harness) -> None:
    """Twice: the first time loads what stays for the whole process, such as Azure's client."""
    for _ in range(2):
        before = held()
        with closing(any_sink.sink()) as sink:
            assert any_sink.deliver(sink, any_sink.delivery(events(range(5)))).done
        deadline = time.monotonic() + 5
        while not held_at_most(*before) and time.monotonic() < deadline:
            time.sleep(0.02)
    assert held_at_most(*before)


def test_neither_sink_nor_settings_show_a_secret(any_sink: Harness) -> None:
    """Errors are looked at in every test: see `Harness.deliver`."""
    with closing(any_sink.sink()) as sink:
        shown = f"{sink!r} {sink} {any_sink.settings!r} {any_sink.settings.model_dump()} {sink.credential_version()!r}"
    assert not any(secret in shown for secret in any_sink.secrets)


# Over HTTP


def test_a_poison_event_becomes_one_dead_letter_and_the_rest_arrives(refusing_sink: HttpHarness) -> None:
    with closing(refusing_sink.sink()) as sink, refusing_sink.refusal(POISON):
        result = refusing_sink.deliver(sink, refusing_sink.delivery(events(range(100), poison=[37])))
    assert result.done
    (letter,) = result.dead_letters
    assert (letter.uid, letter.refused_by, letter.source) == ("uid-37", refusing_sink.kind, "activities")
    assert refusing_sink.arrived() == once(set(range(100)) - {37})


def test_a_destination_that_refuses_every_event_is_misconfigured_and_keeps_the_rest(refusing_sink: HttpHarness) -> None:
    waiting = refusing_sink.delivery(events(range(200)))
    with closing(refusing_sink.sink()) as sink:
        with refusing_sink.refusal('"uid-'):
            stopped = refusing_sink.deliver(sink, waiting)
            assert type(stopped.error) is Misconfigured
            assert stopped.left.position == len(stopped.dead_letters) == MAX_REFUSALS
            repeated = refusing_sink.deliver(sink, stopped.left)
            assert (type(repeated.error), repeated.dead_letters) == (Misconfigured, [])
        assert refusing_sink.deliver(sink, repeated.left).done
    assert refusing_sink.arrived() == once(range(MAX_REFUSALS, 200))


@pytest.mark.parametrize(("poison", "misconfigured"), [(range(50, 1300, 100), False), (range(20, 1300, 90), True)])
def test_a_hundredth_of_a_chunk_may_be_refused_and_not_more(
    poison: range, misconfigured: bool, refusing_sink: HttpHarness
) -> None:
    with closing(refusing_sink.sink()) as sink, refusing_sink.refusal(POISON):
        result = refusing_sink.deliver(sink, refusing_sink.delivery(events(range(1300), poison)))
    assert (type(result.error) is Misconfigured) == misconfigured
    assert len(result.dead_letters) == 13
    settled, good = range(result.left.position), set(range(1300)) - set(poison)
    assert once(good & set(settled)) <= refusing_sink.arrived() <= once(good)


def test_events_that_cannot_be_encoded_do_not_count_as_refusals_of_the_destination(refusing_sink: HttpHarness) -> None:
    """Also after a restart: the store counts both as refused."""
    chunk = broken(range(60), odd=range(20, 40), poison=[50])
    with closing(refusing_sink.sink()) as sink, refusing_sink.refusal(POISON):
        result = refusing_sink.deliver(sink, refusing_sink.delivery(chunk, position=45, refused=20))
    assert (result.done, [letter.uid for letter in result.dead_letters]) == (True, ["uid-50"])


def test_a_changed_credential_is_noticed(http_sink: HttpHarness) -> None:
    right = http_sink.secret_file.read_text()
    with closing(http_sink.sink()) as sink:
        versions = [sink.credential_version()]
        assert http_sink.deliver(sink, http_sink.delivery(events([0]))).done
        for number, (text, works) in enumerate([(WRONG_SECRET, False), (right, True), (WRONG_SECRET, False)], start=1):
            http_sink.secret_file.write_text(text)
            versions.append(sink.credential_version())
            result = http_sink.deliver(sink, http_sink.delivery(events([number])))
            assert (result.done, type(result.error) is Misconfigured) == (works, not works)
    assert len(set(versions)) == len(versions)
    assert http_sink.arrived() == once([0, 2])


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_refused_and_followed_by_nobody(status: int, http_sink: HttpHarness) -> None:
    with closing(http_sink.sink()) as sink:
        with http_sink.redirect(status):
            stopped = http_sink.deliver(sink, http_sink.delivery(events(range(5))))
            assert type(stopped.error) is Misconfigured
            assert "redirect to elsewhere.example, which is not followed" in str(stopped.error)
            assert "secret-path" not in str(stopped.error)
        with http_sink.redirect(status, http_sink.url):
            again = http_sink.deliver(sink, http_sink.delivery(events(range(5))))
            assert type(again.error) is Misconfigured
        assert not http_sink.arrived()
        assert http_sink.deliver(sink, stopped.left).done
    assert http_sink.arrived() == once(range(5))


def test_a_check_fails_when_the_event_is_refused_or_nothing_answers(refusing_sink: HttpHarness) -> None:
    with closing(refusing_sink.sink()) as sink:
        with refusing_sink.refusal('"uid-0"'), pytest.raises(Misconfigured):
            sink.check(events([0]))
        with refusing_sink.outage(), pytest.raises(Retry):
            sink.check(events([0]))
    assert not refusing_sink.arrived()


def test_no_body_is_larger_than_the_destination_allows(http_sink: HttpHarness) -> None:
    sizes = [100, 390_000, 100, 5_000, 300_000, 90_000, 60_000, 60_000, 60_000, 60_000, 60_000, 60_000, 100]
    sent = range(1000, 1000 + MANY)
    with closing(http_sink.sink()) as sink:
        assert http_sink.deliver(sink, http_sink.delivery(events(sent))).done
        for number, size in enumerate(sizes):
            chunk = chunk_of({number: {"message": "m" * size, "more": ["n" * size]}})
            assert http_sink.deliver(sink, http_sink.delivery(chunk)).done
    assert http_sink.arrived() == once([*range(len(sizes)), *sent])
    assert sum(http_sink.body_sizes()) > http_sink.body_limit
    assert max(http_sink.body_sizes()) <= http_sink.body_limit


def held_at_most(files: int, threads: int) -> bool:
    """Whether this process holds no more than that."""
    return all(now <= before for now, before in zip(held(), (files, threads), strict=True))


def held() -> tuple[int, int]:
    """Open files and running threads of this process."""
    return sum(1 for _ in Path("/dev/fd").iterdir()), threading.active_count()
