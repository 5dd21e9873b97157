"""What is done about everything here that takes orders, a socket or a group: write, answer, say who controls it."""

from abc import abstractmethod

from pydantic import JsonValue

from common.actuator import Actuator
from common.contract.devices import Authority
from common.errors import DeviceLocked, DeviceRefused
from common.homewizard import NotOffered, WrongDevice
from common.homewizard.report import Report
from common.homewizard.troubles import Trouble
from common.lease import Answer, Lease
from services.homewizard.keeper import Keeper
from services.homewizard.line import Line
from services.homewizard.visits import Care


class OrderedCare(Care):
    """One device. Its order is on the actuator's desk."""

    def __init__(self, report: Report, actuator: Actuator, keeper: Keeper) -> None:
        super().__init__(report, actuator.changed)
        self._actuator = actuator
        self._keeper = keeper
        self._clock = report.bus.clock

    @abstractmethod
    def _notice(self) -> None:
        """Look at the desk."""

    @abstractmethod
    def _outcome(self, order: Lease) -> Answer | None:
        """What has become of an order; None while that is not known."""

    @abstractmethod
    def _authority(self) -> Authority | None:
        """Who controls it; None before it has said anything."""

    async def unreachable(self, trouble: Trouble, *, is_offline: bool) -> None:
        """Nobody can steer it now."""
        self._notice()
        await self._actuator.answer(("failed" if trouble.is_sure else "timeout", trouble.text))
        if is_offline:
            await self._actuator.control("offline")

    async def _answer(self, no_reserve: str) -> None:
        """Say what became of the order, and who controls the device. `no_reserve`: why it takes none."""
        order = self._actuator.order
        await self._actuator.answer(self._outcome(order) if order is not None else None)
        await self._actuator.refuse_reserve(no_reserve)
        if (mode := self._authority()) is not None:
            await self._actuator.control(mode)

    async def _write(self, line: Line, path: str, values: JsonValue) -> bool:
        """Tell it something, once. Returns whether it took it."""
        try:
            await line.write(path, values)
        except (DeviceLocked, WrongDevice, NotOffered):
            raise
        except DeviceRefused:
            self.report.wrote("refused")
            return False
        self.report.wrote("written")
        return True
