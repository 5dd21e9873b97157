"""What the demonstration measures each second must not keep it from ending."""

import asyncio
from typing import Any

import aiomqtt
import pytest

from common.clock import SystemClock
from services.cli import echo
from tests.brokers import Broker


@pytest.mark.real_time
async def test_a_cancellation_that_comes_with_the_brokers_receipt_is_heeded(
    broker: Broker, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Python 3.11 loses it in `wait_for`, within aiomqtt; the demonstration then did not end on Ctrl-C."""
    publish = aiomqtt.Client.publish

    async def cancelled_at_the_receipt(*words: Any, **named: Any) -> None:
        await publish(*words, **named)
        task = asyncio.current_task()
        assert task is not None
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await SystemClock().sleep(0)

    monkeypatch.setattr(aiomqtt.Client, "publish", cancelled_at_the_receipt)
    monkeypatch.setattr(echo, "PATIENCE_S", 0.1)
    measuring = asyncio.create_task(echo.measure(broker.settings, SystemClock(), lambda _: None))
    done, _ = await asyncio.wait({measuring}, timeout=5)
    assert done
    assert measuring.cancelled()
