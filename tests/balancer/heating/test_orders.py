"""Whatever is heard in whatever order: one look never tells one output two things."""

from collections import Counter

from hypothesis import given, settings
from hypothesis import strategies as st

from common.config import SiteSettings
from common.contract import INFO, REQUEST_STATE, SWITCH_STATE, DeviceInfo, Envelope, Payload, RequestState, SwitchState
from common.messaging import Message
from services.balancer.hearing import hear
from services.balancer.heating import heat
from services.balancer.mind import Mind
from services.balancer.settings import SettingsBook
from tests.balancer.heating.radiators import ROOMS, rotation

BEGAN_MS = 1_776_502_800_000
INFO_OF_ALL = DeviceInfo(vendor="v", model="m", poll_s=20, stale_after_s=60, safe_state="off", capabilities=("switch",))

rooms = st.sampled_from(ROOMS)
flags = st.booleans()
news = st.one_of(
    st.tuples(st.just("wish"), rooms, flags),
    st.tuples(st.just("state"), rooms, flags),
    st.tuples(st.just("set"), rooms.map("boost_minutes/{}".format), st.sampled_from(["on", "off"])),
    st.tuples(st.just("set"), rooms.map("heat/{}".format), st.sampled_from(["on", "off", ""])),
    st.tuples(st.just("set"), st.just("saving_mode"), st.sampled_from("0123")),
    st.tuples(st.just("set"), st.just("away"), st.sampled_from(["on", "off"])),
    st.tuples(st.just("set"), st.just("mode"), st.sampled_from(["auto", "off"])),
)


@settings(max_examples=60)
@given(st.lists(st.tuples(news, st.integers(10, 30_000)), min_size=1, max_size=40))
def test_no_output_is_told_two_things_in_one_step(story: list[tuple[tuple[str, str, bool | str], int]]) -> None:
    config = rotation()
    mind, now_ms = Mind(config, SiteSettings(), SettingsBook(config)), BEGAN_MS
    mind.lead(1)
    for room in ROOMS:
        _hear(mind, INFO.at("switch", room).name, INFO_OF_ALL, now_ms)
        _hear(mind, SWITCH_STATE.at(room).name, SwitchState(on=False), now_ms)
        _hear(mind, REQUEST_STATE.at(room).name, RequestState(on=True), now_ms)
    told = len(heat(mind, now_ms).orders)
    for (kind, name, word), pause_ms in story:
        now_ms += pause_ms
        if kind == "wish":
            _hear(mind, REQUEST_STATE.at(name).name, RequestState(on=bool(word)), now_ms)
        elif kind == "state":
            _hear(mind, SWITCH_STATE.at(name).name, SwitchState(on=bool(word)), now_ms)
        else:
            mind.book.ask(name, str(word), now_ms)
        orders = Counter(order.device for order in heat(mind, now_ms).orders)
        assert max(orders.values(), default=0) <= 1
        told += orders.total()
    assert told


def _hear(mind: Mind, topic: str, body: Payload, now_ms: int) -> None:
    envelope = Envelope(v=1, ts_ms=now_ms, seq=0, boot="b", src="ems-relay")
    message: Message[Payload | str] = Message(topic, body, envelope, retained=False, arrived_s=0.0)
    hear(mind, message, now_ms)
