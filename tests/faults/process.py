"""The forwarder process: exit code, status page and log."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

import httpx
from prometheus_client.parser import text_string_to_metric_families

T = TypeVar("T")
TIMEOUT = 60.0
"""Seconds to wait for any condition; long, so that tests pass on a slow machine."""


def free_port() -> int:
    """An unused port."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Forwarder:
    """`python -m forwarder run --config FILE …`. Its output is appended to `log`. `prefix`: where it runs."""

    def __init__(
        self,
        config: Path,
        port: int,
        log: Path,
        *options: str,
        environment: Mapping[str, str],
        prefix: Sequence[str] = (),
    ) -> None:
        self._log = log
        self._log_start = log.stat().st_size if log.exists() else 0
        command = [*prefix, sys.executable, "-m", "forwarder", "run", "--config", str(config), *options]
        with log.open("ab") as output:
            self._process = subprocess.Popen(command, stdout=output, stderr=output, env={**os.environ, **environment})
        self._http = httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=30.0, trust_env=False)

    @property
    def pid(self) -> int:
        """Its process id."""
        return self._process.pid

    def log(self) -> str:
        """Its output."""
        return self._log.read_bytes()[self._log_start :].decode()

    def logged(self, event: str) -> list[dict[str, Any]]:
        """Its log lines with this event name."""
        lines = [json.loads(line) for line in self.log().splitlines() if line.startswith("{")]
        return [line for line in lines if line["event"] == event]

    def is_alive(self) -> bool:
        """Whether `/healthz` responds."""
        try:
            return self._http.get("/healthz").status_code == 200
        except httpx.TransportError:
            return False

    def health(self) -> tuple[int, str]:
        """The status and text of `/healthz`."""
        answer = self._http.get("/healthz")
        return answer.status_code, answer.text

    def red(self) -> dict[str, str]:
        """The reasons of `/readyz`; empty when it is ready."""
        answer = self._http.get("/readyz")
        reasons: dict[str, str] = answer.json()["reasons"]
        assert answer.status_code == (503 if reasons else 200)
        return reasons

    def metric(self, name: str, **labels: str) -> float:
        """The sum of a metric's samples that have these labels."""
        families = text_string_to_metric_families(self._http.get("/metrics").text)
        samples = [sample for family in families for sample in family.samples if sample.name == name]
        return sum(sample.value for sample in samples if labels.items() <= sample.labels.items())

    def until(self, what: str, condition: Callable[[], T], within: float = TIMEOUT) -> T:
        """Wait until `condition` is true and return its value. Fails when the process exits."""
        deadline = time.monotonic() + within
        while not (answer := condition()):
            assert self._process.poll() is None, f"exit {self._process.returncode}, waiting for: {what}\n{self.log()}"
            assert time.monotonic() < deadline, f"not within {within:.0f} s: {what}\n{self.log()[-4000:]}"
            time.sleep(0.01)
        return answer

    def until_red(self, subject: str, within: float = TIMEOUT) -> str:
        """Wait until `subject` is red; returns the reason."""
        return self.until(f"{subject} is red", lambda: self.red().get(subject), within) or ""

    def until_ready(self, within: float = TIMEOUT) -> None:
        """Wait until the forwarder is ready."""
        self.until("ready", lambda: not self.red(), within)

    def wait_for_exit(self, within: float = TIMEOUT) -> int:
        """Wait for the end of the process; returns the exit code."""
        try:
            return self._process.wait(within)
        except subprocess.TimeoutExpired:
            raise AssertionError(f"still running after {within:.0f} s\n{self.log()[-4000:]}") from None
        finally:
            self._http.close()

    def terminate(self) -> None:
        """Send SIGTERM."""
        self._process.send_signal(signal.SIGTERM)

    def stop(self, within: float = TIMEOUT) -> int:
        """Send SIGTERM and wait for the end of the process; returns the exit code."""
        self.terminate()
        return self.wait_for_exit(within)

    def kill(self) -> None:
        """Send SIGKILL and wait for the end of the process. Does nothing when it has ended."""
        self._process.kill()
        self._process.wait()
        self._http.close()
