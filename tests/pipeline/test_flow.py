"""The way of one event when the store is not this process's any more, or not the one that was read for."""

from contextlib import closing
from pathlib import Path

import pytest

from forwarder.errors import StoreUnavailable
from forwarder.pipeline.flow import collect, send
from forwarder.records import STREAMS
from forwarder.store import LeaseLost
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
