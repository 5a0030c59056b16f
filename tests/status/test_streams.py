"""Standard streams that are closed, or that nobody reads."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import TextIO

import pytest

from forwarder.status.streams import LastingStream


class Pipe:
    """A pipe, whose writing end is a text stream as `sys.stderr` is."""

    def __init__(self) -> None:
        self.reading, writing = os.pipe()
        self.stream: TextIO = os.fdopen(writing, "w", encoding="utf-8")

    def read(self) -> bytes:
        """What is in it."""
        return os.read(self.reading, 1_000_000)


@pytest.fixture
def pipe() -> Iterator[Pipe]:
    """A pipe, closed afterwards."""
    pipe = Pipe()
    with pipe.stream:
        yield pipe
    with suppress(OSError):
        os.close(pipe.reading)


def test_what_is_written_is_read_in_order_whatever_it_is(pipe: Pipe) -> None:
    lasting = LastingStream(pipe.stream)
    for text in ("one\n", "\u00e4\u20ac\n", "\ud800\n", "x" * 10_000 + "\n"):
        assert lasting.write(text) == len(text)
        lasting.flush()
    assert pipe.read() == b"one\n\xc3\xa4\xe2\x82\xac\n\\ud800\n" + b"x" * 10_000 + b"\n"


def test_a_pipe_that_nobody_reads_holds_nobody_up_and_is_written_again_when_it_is_read(pipe: Pipe) -> None:
    lasting = LastingStream(pipe.stream)
    for number in range(100_000):
        lasting.write(f"line {number}\n")
    assert pipe.read().startswith(b"line 0\nline 1\n")
    lasting.write("read again\n")
    assert pipe.read().endswith(b"read again\n")


def test_a_pipe_without_a_reader_loses_what_is_written_and_can_be_closed(pipe: Pipe) -> None:
    lasting = LastingStream(pipe.stream)
    os.close(pipe.reading)
    for _ in range(3):
        lasting.write("lost\n")
        lasting.flush()
    pipe.stream.write("what a library buffers")
    lasting.close()


def test_a_file_that_is_closed_or_full_loses_what_is_written(tmp_path: Path) -> None:
    closed = (tmp_path / "log").open("w")
    lasting = LastingStream(closed)
    lasting.write("kept\n")
    lasting.flush()
    closed.close()
    lasting.write("lost\n")
    lasting.flush()
    assert (tmp_path / "log").read_text() == "kept\n"


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no device that is always full")
def test_a_full_disk_loses_what_is_written() -> None:
    with Path("/dev/full").open("w") as full:
        lasting = LastingStream(full)
        for _ in range(3):
            lasting.write("x" * 20_000)
            lasting.flush()
        with Path(os.devnull).open("w") as nowhere:
            os.dup2(nowhere.fileno(), full.fileno())


def test_what_is_put_before_a_stream_that_lasts_still_filters_it() -> None:
    done = subprocess.run([sys.executable, "-c", SECRET], capture_output=True, text=True, check=True)
    assert (done.stdout, "sk-ant" in done.stderr, done.stderr.count("\n")) == ("", False, 2)


SECRET = """
import sys
import structlog
from forwarder.cli.terminal import filter_stderr
from forwarder.status import start_log, survive_closed_streams
secret = "sk-ant-api01-abcdefghijklmnopqrstuvwxyz0123456789"
filter_stderr()
survive_closed_streams()
filter_stderr()
start_log("json")
sys.stderr.write(f"a library warns: {secret}\\n")
structlog.get_logger().warning("event", text=secret)
"""
