"""Both languages, and the reference implementation if there is one, agree on generated events.

Fifty users and keys over two weeks. `make detections` uses two hundred over six weeks.
"""

import pytest

from tests.content.agreement import Tenant
from tests.content.case import cases

SEED, PRINCIPALS, DAYS = 1, 50, 14


@pytest.fixture(scope="module")
def tenant() -> Tenant:
    return Tenant(SEED, PRINCIPALS, DAYS)


@pytest.mark.parametrize("rule", cases())
def test_the_languages_and_the_reference_agree(tenant: Tenant, rule: str) -> None:
    result = tenant.agreement(rule)
    assert result.spl == result.kql
    if result.reference is not None:
        assert result.reference == result.kql
    assert result.kql, "a population without rows proves little"
