"""What a channel believes of acknowledgement numbers, and which cookies it keeps."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from forwarder.sinks.splunk.channels import LONGEST_IDLE, MOST_CHANNELS, Channel, Channels
from forwarder.sinks.splunk.cookies import MOST_BYTES, MOST_COOKIES, Cookies


def send(channels: Channels, number: int) -> Channel:
    """The channel on which this thread sent a body that was taken under this number."""
    channel = channels.current()
    assert channels.promised(channel, number)
    return channel


def open_channel(channels: Channels) -> Channel:
    """The channel of this thread, after its first number was acknowledged."""
    channel = send(channels, 0)
    channels.confirmed(channel, {0})
    assert channels.current() is channel
    return channel


def test_nothing_more_is_sent_on_a_channel_until_its_first_number_is_acknowledged() -> None:
    channels = Channels()
    first, second = send(channels, 0), send(channels, 0)
    assert len({first.name, second.name, channels.current().name}) == 3
    channels.confirmed(first, {0})
    assert channels.current() is not first, "this thread has one"
    with ThreadPoolExecutor(1) as another:
        assert another.submit(channels.current).result() is first
        for number in (1, 2, 3):
            assert another.submit(send, channels, number).result() is first
        channels.confirmed(first, {1, 2})
        third = another.submit(channels.promised, first, 4).result()
        assert third
        assert another.submit(channels.current).result() is first


@pytest.mark.parametrize("number", [0, 1, 2])
def test_numbers_that_begin_anew_end_the_channel_and_all_that_it_promised(number: int) -> None:
    channels = Channels()
    others = [send(channels, 0) for _ in range(3)]
    channel = open_channel(channels)
    for later in (1, 2):
        assert send(channels, later) is channel
    for other in others:
        channels.confirmed(other, {0})
    assert channels.promised(channel, number) is None
    assert channel.is_left
    assert channel.provable([1, 2]) == []
    assert channels.current() not in (channel, *others), "others may have been of the same indexer"


def test_a_thread_goes_on_with_a_new_channel_and_without_cookies_when_its_own_is_left() -> None:
    channels = Channels()
    first = channels.current()
    first.cookies.take(["AWSALB=one"])
    assert channels.current() is first
    first.is_left = True
    second = channels.current()
    assert second.name != first.name
    assert second.cookies.header() == ""


def test_a_channel_that_was_not_used_for_some_minutes_is_left() -> None:
    time = 0.0
    channels = Channels(lambda: time)
    channel = open_channel(channels)
    time += LONGEST_IDLE
    assert channels.current() is channel
    time += LONGEST_IDLE + 1
    assert channels.current() is not channel
    given_up = send(channels, 0)
    time += LONGEST_IDLE
    channels.confirmed(given_up, {0})
    time += LONGEST_IDLE + 1
    assert channels.current() is not given_up


def test_channels_are_remembered_up_to_a_number_and_asked_by_their_ticket_afterwards() -> None:
    channels = Channels()
    tickets = [channels.promised(Channel(), 0) for _ in range(MOST_CHANNELS + 1)]
    first, last = tickets[0], tickets[-1]
    assert first
    assert last
    assert channels.of(last.channel, "") is channels.of(last.channel, "")
    forgotten = channels.of(first.channel, "AWSALB=one")
    assert (forgotten.name, forgotten.cookies.header()) == (first.channel, "AWSALB=one")
    assert forgotten.provable([0]) == [0]


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
