"""An Azure for each test."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.azure.world import World, world


@pytest.fixture
def cloud(tmp_path: Path) -> Iterator[World]:
    with world(tmp_path) as made:
        yield made
