"""What the tests of the bus share."""

import pytest


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Give a broker half a second instead of five, so that these tests need not wait."""
    monkeypatch.setattr("common.link.BROKER_TIMEOUT_S", 0.5)
    monkeypatch.setattr("common.bus.SELF_TEST_S", 0.5)
