"""A world of its own for each test."""

from collections.abc import Iterator

import pytest

from tests.playbooks.world import World, opened


@pytest.fixture
def world() -> Iterator[World]:
    with opened() as world:
        yield world
