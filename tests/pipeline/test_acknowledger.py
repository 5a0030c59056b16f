"""Acknowledgement queries that have no answer: red by time alone, and only while something is pending."""

import threading
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

from forwarder.pipeline.acknowledger import Acknowledger
from forwarder.status import Conditions, Metrics
from forwarder.store import AckTicket
from tests.pipeline.doubles import store
from tests.store.pages import page


class SilentDestination:
    """It answers when it `may_answer`, and acknowledges all it is asked for."""

    ack_timeout = 300.0

    def __init__(self) -> None:
        self.asked = threading.Event()
        self.may_answer = threading.Event()
        self.lost: set[int] = set()
        """Numbers that it does not acknowledge any more."""

    def acknowledged(self, channel: str, session: str, acks: Sequence[int]) -> set[int]:
        """See `Acknowledging.acknowledged`."""
        self.asked.set()
        self.may_answer.wait(10)
        return set(acks)

    def provable(self, channel: str, acks: Sequence[int]) -> Sequence[int]:
        """See `Acknowledging.provable`."""
        return [ack for ack in acks if ack not in self.lost]

    def leave(self, channel: str) -> None:
        """See `Acknowledging.leave`."""


def test_a_query_without_an_answer_is_red_after_60_s_by_time_alone(tmp_path: Path) -> None:
    now, destination, stop = [0.0], SilentDestination(), threading.Event()
    conditions = Conditions(lambda: now[0])
    with closing(store(tmp_path)) as opened:
        parts = (opened, conditions, Metrics(), stop, lambda events: None, lambda: 0)
        acknowledger = Acknowledger("splunk", destination, *parts)
        acknowledger.poll_once()
        now[0] = 1000.0
        assert conditions.red() == {}, "nothing is pending"
        opened.commit(page(range(10)), 0)
        delivery = opened.claim("splunk", ("activity",))
        assert delivery
        opened.settle(delivery, 10, [], 0, AckTicket("channel", 1))
        polling = threading.Thread(target=acknowledger.poll_once)
        polling.start()
        assert destination.asked.wait(10)
        now[0] = 1059.0
        assert conditions.red() == {}
        now[0] = 1060.0
        assert "no query was answered within 60 s" in conditions.red()["sinks.splunk.acks"]
        destination.may_answer.set()
        polling.join(10)
        assert conditions.red() == {}
        acknowledger.poll_once()
        now[0] = 9999.0
        assert conditions.red() == {}


def test_what_is_not_acknowledged_any_more_is_sent_again_at_once_and_not_asked_for(tmp_path: Path) -> None:
    destination, conditions = SilentDestination(), Conditions()
    destination.lost.add(1)
    with closing(store(tmp_path)) as opened:
        parts = (opened, conditions, Metrics(), threading.Event(), lambda events: None, lambda: 0)
        acknowledger = Acknowledger("splunk", destination, *parts)
        opened.commit(page(range(10)), 0)
        for again in (False, True):
            delivery = opened.claim("splunk", ("activity",))
            assert delivery
            assert (delivery.again is not None) == again
            opened.settle(delivery, 10, [], 0, AckTicket("channel", 1))
            opened.release(delivery)
            acknowledger.poll_once()
        assert (acknowledger.polls, destination.asked.is_set()) == (0, False), "no request made is no success"
        assert opened.backlog() == {"splunk": 0}
        assert len(list(opened.dead_letters())) == 10
        assert "sinks.splunk.unacknowledged" in conditions.red()
