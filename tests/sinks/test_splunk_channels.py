"""What a channel believes of acknowledgement numbers, and which cookies it keeps."""

from collections.abc import Iterable

import pytest

from forwarder.sinks.splunk.channels import MOST_CHANNELS, Channel, Channels
from forwarder.sinks.splunk.cookies import MOST_BYTES, MOST_COOKIES, Cookies


def sent(channel: Channel, *numbers: int) -> Channel:
    """The channel, after bodies that were taken under these numbers."""
    for number in numbers:
        channel.begin()
        assert channel.promised(number)
    return channel


def asked(channel: Channel, numbers: Iterable[int], acknowledged: Iterable[int]) -> set[int]:
    """What is confirmed by a server that acknowledges these."""
    return channel.confirmed(set(channel.provable(numbers)) & set(acknowledged))


def test_what_is_acknowledged_is_confirmed() -> None:
    channel = sent(Channel(), 0, 1, 2)
    assert asked(channel, [0, 1, 2], [0, 2]) == {0, 2}
    assert asked(channel, [1], [1]) == {1}
    assert not channel.is_left


@pytest.mark.parametrize("number", [0, 1, 2])
def test_numbers_that_begin_anew_end_the_channel_and_all_that_it_promised(number: int) -> None:
    channel = sent(Channel(), 0, 1, 2)
    channel.begin()
    assert channel.promised(number) is None
    assert channel.is_left
    assert channel.is_forgotten
    assert asked(channel, [0, 1, 2], [0, 1, 2]) == set()


def test_the_first_number_waits_while_a_body_is_on_its_way_that_may_get_it_again() -> None:
    channel = sent(Channel(), 0, 1)
    channel.begin()
    assert asked(channel, [0, 1], [0, 1]) == {1}
    assert channel.promised(2)
    assert asked(channel, [0, 2], []) == {0}, "the answer shows that the numbers did not begin anew"


def test_the_first_number_that_came_while_the_numbers_began_anew_confirms_nothing() -> None:
    channel = sent(Channel(), 0, 1)
    channel.begin()
    assert asked(channel, [0, 1], [0]) == set()
    assert channel.promised(0) is None
    assert channel.confirmed([]) == set()


def test_after_a_lost_answer_the_first_number_proves_nothing_and_the_others_do() -> None:
    channel = sent(Channel(), 0, 1)
    channel.begin()
    channel.not_promised(leave=True, fate_is_known=False)
    assert channel.is_left
    assert channel.provable([0, 1]) == [1]
    assert asked(channel, [0, 1], [0, 1]) == {1}


def test_a_body_that_was_refused_leaves_what_was_promised_before_as_it_is() -> None:
    channel = sent(Channel(), 0, 1)
    channel.begin()
    channel.not_promised(leave=True, fate_is_known=True)
    assert channel.is_left
    assert asked(channel, [0, 1], [0, 1]) == {0, 1}


def test_a_thread_goes_on_with_a_new_channel_and_without_cookies_when_its_own_is_left() -> None:
    channels = Channels()
    first = channels.current()
    first.cookies.take(["AWSALB=one"])
    assert channels.current() is first
    first.not_promised(leave=True, fate_is_known=True)
    second = channels.current()
    assert second.name != first.name
    assert second.cookies.header() == ""


def test_channels_are_remembered_up_to_a_number_and_asked_by_their_ticket_afterwards() -> None:
    channels = Channels()
    tickets = [channels.promised(Channel(), 0) for _ in range(MOST_CHANNELS + 1)]
    first, last = tickets[0], tickets[-1]
    assert first
    assert last
    assert channels.of(last.channel, "") is channels.of(last.channel, "")
    forgotten = channels.of(first.channel, "AWSALB=one")
    assert (forgotten.name, forgotten.cookies.header()) == (first.channel, "AWSALB=one")
    assert forgotten.confirmed(forgotten.provable([0])) == {0}


COOKIES: list[tuple[list[str], str]] = [
    (["AWSALB=a+b/c==; Expires=Mon, 07 Dec 2026 10:00:00 GMT; Path=/", "AWSALBCORS=x; Secure; SameSite=None"], "both"),
    (["BIGipServer~pool=1677787402.36895.0000; path=/; Httponly"], "BIGipServer~pool=1677787402.36895.0000"),
    (["route=1", "route=2"], "route=2"),
    (["route=1", "route=; Max-Age=0"], ""),
    (["route=1", "route=1; max-age=-1"], ""),
    (["route=1", "route=deleted; expires=Thu, 01 Jan 1970 00:00:00 GMT"], ""),
    (["route=1; expires=Thu, 01 Jan 2015 00:00:00 GMT"], "route=1"),
    (["route=1; Domain=.example.com; Max-Age=nonsense; Expires=never"], "route=1"),
    (['route="quoted"', "spaces=a b"], 'route="quoted"; spaces=a b'),
    (["no cookie", "=value", "na me=1", "na\x00me=1", "name=\x7f", "name=a\r\nx: y", "name=\u20ac", ""], ""),
    (["big=" + "x" * MOST_BYTES], ""),
]


@pytest.mark.parametrize(("lines", "header"), COOKIES)
def test_cookies_are_kept_as_the_server_set_them(lines: list[str], header: str) -> None:
    cookies = Cookies()
    cookies.take(lines)
    expected = "AWSALB=a+b/c==; AWSALBCORS=x" if header == "both" else header
    assert cookies.header() == expected
    assert Cookies(expected).header() == expected


def test_cookies_are_bounded_in_number_and_size_and_the_oldest_go_first() -> None:
    cookies = Cookies()
    cookies.take(f"name{number}=1" for number in range(1000))
    assert cookies.header() == "; ".join(f"name{number}=1" for number in range(1000 - MOST_COOKIES, 1000))
    cookies.take(f"name{number}={'x' * 1000}" for number in range(10))
    assert len(cookies.header()) <= MOST_BYTES
    assert cookies.header().split(";")[-1].startswith(" name9=")
