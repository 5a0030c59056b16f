"""What both packages are made from, and where they stand."""

from pathlib import Path

import pytest

from tools.content.folder import Content, read


@pytest.fixture(scope="session")
def root() -> Path:
    return Path(__file__).parent.parent.parent


@pytest.fixture(scope="session")
def content(root: Path) -> Content:
    return read(root / "detections")
