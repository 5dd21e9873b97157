"""The bus on a real broker."""

from common.bus import MqttBus
from common.clock import Clock
from common.contract import METER_STATE, MeterState
from common.messaging import Reader
from tests.brokers import Broker


async def test_a_state_arrives(broker: Broker, clock: Clock) -> None:
    async with (
        MqttBus(broker.settings, "ems-p1", "aaaaaa", clock) as one,
        MqttBus(broker.settings, "ems-balancer", "bbbbbb", clock) as other,
    ):
        inbox = await other.listen(METER_STATE)
        await one.ready.wait()
        await other.ready.wait()
        await one.publish(METER_STATE.at("p1"), MeterState(power_w=120.0))
        message = Reader(other, (METER_STATE,)).read(await inbox.next())
        assert message is not None
        assert isinstance(message.body, MeterState)
        assert message.body.power_w == 120
