"""A Splunk for each test."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.splunkd.world import World, world


@pytest.fixture
def splunk(tmp_path: Path) -> Iterator[World]:
    with world(tmp_path) as made:
        yield made
