"""The way of one event when the store was taken over or replaced, and when a sink cannot encode the event."""

from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path

import pytest

from forwarder.errors import StoreUnavailable
from forwarder.pipeline.flow import collect, send
from forwarder.records import STREAMS, Stream
from forwarder.sinks import Settled
from forwarder.sinks.base import BodySender, ChunkEvent, Verdict
from forwarder.store import Delivery, LeaseLost, open_dead_letters
from tests.pipeline.doubles import ScriptedSink, ScriptedSource, batch, store


def test_a_process_that_lost_the_store_sends_and_commits_nothing(tmp_path: Path) -> None:
    sink, source = ScriptedSink(), ScriptedSource([batch(1, 2)], [batch(3)])
    with closing(store(tmp_path)) as first:
        assert len(list(collect(source, first))) == 1
        delivery = first.claim("splunk", STREAMS)
        assert delivery
        (tmp_path / "store.db.lock").unlink()
        with closing(store(tmp_path)) as second:
            with pytest.raises(LeaseLost):
                list(send(sink, first, delivery, 0, lambda _: False))
            with pytest.raises(LeaseLost):
                list(collect(source, first))
            assert sink.attempts == 0
            assert second.backlog() == {"splunk": 2}


def test_a_read_that_began_before_the_store_was_replaced_is_not_taken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = ScriptedSource([batch(1), batch(2, checkpoint=2)], [batch(1, 2, checkpoint=2)])
    with closing(store(tmp_path)) as opened:
        pages = collect(source, opened)
        next(pages)
        monkeypatch.setattr(opened, "instance", "another")
        with pytest.raises(StoreUnavailable, match="read again"):
            next(pages)
        assert opened.checkpoint("activities") is None
        assert len(list(collect(source, opened))) == 1
        assert opened.checkpoint("activities")


class UnableToEncode(ScriptedSink):
    """A sink whose envelope cannot be put on one event: a fault of ours."""

    def deliver(self, delivery: Delivery) -> Iterator[Settled]:
        """See `Sink.deliver`."""

        def encode(events: Sequence[ChunkEvent]) -> list[bytes]:
            return [body if b"activity_2" not in body else b"%d" % (1 // 0) for _, body in events]

        def accept(stream: Stream, bodies: Sequence[bytes]) -> Verdict:
            self.taken += [body.decode() for body in bodies]
            return Verdict(len(bodies))

        return BodySender(self.name, 10**6).deliver(delivery, encode, accept)


def test_an_event_that_a_sink_cannot_encode_is_a_dead_letter_and_costs_no_other_event_or_sink(tmp_path: Path) -> None:
    sink = UnableToEncode()
    with closing(store(tmp_path, "splunk", "archive")) as opened:
        list(collect(ScriptedSource([batch(1, 2, 3)]), opened))
        delivery = opened.claim("splunk", STREAMS)
        assert delivery
        confirmed = list(send(sink, opened, delivery, 0, lambda _: False))
        assert sum(each.events for each in confirmed) == 2
        assert len(sink.taken) == 2
        assert opened.backlog() == {"splunk": 0, "archive": 3}
        (letter,) = opened.dead_letters()
        assert (letter.refused_by, letter.detail) == ("splunk", "ZeroDivisionError: integer division or modulo by zero")
        with closing(open_dead_letters(f"sqlite:///{tmp_path / 'store.db'}")) as beside:
            (kept,) = beside.read([1])
            assert kept.event
            assert beside.requeue(1, kept.event, ["splunk"])
        assert opened.backlog() == {"splunk": 1, "archive": 3}
