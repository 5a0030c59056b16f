"""Each SIEM in turn."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.azure.world import world as azure_world
from tests.siem.siems import SentinelUnderTest, SiemUnderTest, SplunkUnderTest
from tests.splunkd.world import world as splunk_world


@pytest.fixture(params=["splunk", "sentinel"])
def siem(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[SiemUnderTest]:
    if request.param == "splunk":
        with splunk_world(tmp_path) as splunk:
            yield SplunkUnderTest(splunk)
    else:
        with azure_world(tmp_path) as azure:
            yield SentinelUnderTest(azure)
