"""Every test that asks for `engine` runs once for each."""

import pytest

from tests.store.engines import ENGINES, Engine


@pytest.fixture(params=ENGINES, ids=lambda engine: engine.name)
def engine(request: pytest.FixtureRequest) -> Engine:
    """An engine of the store."""
    chosen: Engine = request.param
    return chosen
