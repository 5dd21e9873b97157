"""Whether a process does its work, as asked over HTTP by whoever likes to ask, politely or not."""

import asyncio
import json
import socket
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from prometheus_client.parser import text_string_to_metric_families

from common.clock import Clock, SystemClock
from common.health import WATCH_S, Health, _Quiet, endpoint
from tests.waiting import until

REAL = SystemClock()


def ask(port: int, path: str) -> tuple[int, str]:
    """Status and body of an answer."""
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=10) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read().decode()


def well(name: str = "p1") -> Health:
    health = Health(name)
    health.connected = lambda: True
    return health


P1, RELAY = well("p1"), well("relay")


@pytest.fixture
def health() -> Health:
    """The state of `p1`, which is well until the test says otherwise."""
    P1.trouble = None
    P1.turned(10.0)
    RELAY.turned(10.0)
    return P1


@pytest.fixture(scope="module")
def served() -> Iterator[int]:
    """One endpoint for all these tests: closing one takes half a second."""
    with endpoint("127.0.0.1", 0, [P1, RELAY]) as made:
        yield made


@pytest.fixture
def port(served: int, health: Health) -> int:
    """Where the endpoint is; everybody is well at first."""
    assert health.trouble is None
    return served


# The verdict


def test_a_connected_service_whose_loop_turns_is_well(health: Health) -> None:
    health.turned(10.0)
    assert health.verdict() is None


def test_a_service_without_its_broker_is_not_well() -> None:
    assert "not connected" in (Health("p1").verdict() or "")


def test_a_loop_that_has_not_turned_for_three_periods_is_not_well(health: Health) -> None:
    health.turned(0.01)
    until(lambda: "has not turned" in (health.verdict() or ""), "three periods are over")
    health.turned(10.0)
    assert health.verdict() is None


def test_a_trouble_is_told_and_forgotten_when_it_is_over(health: Health) -> None:
    health.trouble = "starts again"
    assert health.verdict() == "starts again"
    health.trouble = None
    assert health.verdict() is None


# The endpoint


def test_a_process_that_is_well_says_so(port: int) -> None:
    assert ask(port, "/healthz") == (200, '{"ok":true,"services":{"p1":null,"relay":null}}')


def test_one_service_that_is_not_well_makes_its_process_unwell(port: int, health: Health) -> None:
    health.trouble = "the meter is gone"
    status, body = ask(port, "/healthz")
    assert status == 503
    assert json.loads(body)["services"] == {"p1": "the meter is gone", "relay": None}


def test_each_service_can_be_asked_for_alone(port: int, health: Health) -> None:
    health.trouble = "the meter is gone"
    assert ask(port, "/healthz?relay")[0] == 200
    assert ask(port, "/healthz?p1")[0] == 503


def test_a_service_that_is_not_there_is_not_well(port: int) -> None:
    assert ask(port, "/healthz?victron")[0] == 503


def test_metrics_are_what_prometheus_reads(port: int) -> None:
    status, body = ask(port, "/metrics")
    names = {family.name for family in text_string_to_metric_families(body)}
    assert status == 200
    assert {"ems_service_up", "ems_mqtt_connected", "ems_command_latency_seconds"} <= names


@pytest.mark.parametrize("path", ["/", "/health", "/healthz/", "/metrics/x", "/../etc/passwd", "/%2e%2e/etc/passwd"])
def test_there_is_nothing_else(port: int, path: str) -> None:
    assert ask(port, path)[0] == 404


async def test_a_loop_that_hangs_is_reported_and_not_waited_for(port: int, health: Health) -> None:
    """This test's own event loop stands still while the question is answered."""
    health.turned(0.01)
    threading.Event().wait(0.05)
    assert ask(port, "/healthz?p1")[0] == 503
    assert asyncio.get_running_loop().is_running()


# Whoever is not polite


def test_who_says_nothing_is_hung_up_on(port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_Quiet, "timeout", 0.1)
    with socket.create_connection(("127.0.0.1", port), timeout=10) as caller:
        assert caller.recv(100) == b""


def test_those_who_say_nothing_do_not_keep_others_waiting(port: int) -> None:
    callers = [socket.create_connection(("127.0.0.1", port)) for _ in range(50)]
    assert ask(port, "/healthz")[0] == 200
    for caller in callers:
        caller.close()


@pytest.mark.parametrize(
    "noise",
    [b"\x00" * 100, b"GET\r\n\r\n", b"GET " + b"/" * 70_000 + b" HTTP/1.1\r\n\r\n", b"\x16\x03\x01\x02\x00\x01\x00",
     b"GET / HTTP/9.9\r\n\r\n", b"GET /healthz HTTP/1.1\r\n" + b"x: y\r\n" * 500 + b"\r\n"],
    ids=["NUL", "half", "long", "TLS", "version", "headers"],
)  # fmt: skip
def test_noise_is_answered_or_hung_up_on_and_does_no_harm(
    port: int, noise: bytes, capfd: pytest.CaptureFixture[str]
) -> None:
    with socket.create_connection(("127.0.0.1", port), timeout=10) as caller:
        caller.sendall(noise)
        caller.shutdown(socket.SHUT_WR)
        while caller.recv(65_536):
            pass
    assert ask(port, "/healthz")[0] == 200
    assert "Traceback" not in capfd.readouterr().err


def test_who_hangs_up_in_the_middle_is_no_event(port: int, capfd: pytest.CaptureFixture[str]) -> None:
    for _ in range(20):
        with socket.create_connection(("127.0.0.1", port)) as caller:
            caller.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\x00\x00\x00\x00\x00\x00\x00")
            caller.sendall(b"GET /metrics HTTP/1.1\r\n\r\n")
    assert ask(port, "/healthz")[0] == 200
    assert "Traceback" not in capfd.readouterr().err


def test_many_may_ask_at_once(port: int) -> None:
    with ThreadPoolExecutor(max_workers=20) as pool:
        answers = list(pool.map(lambda _: ask(port, "/healthz")[0], range(100)))
    assert answers == [200] * 100


def test_a_port_that_is_taken_is_an_error_and_not_shared() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken, pytest.raises(OSError, match="in use"):
        endpoint("127.0.0.1", taken.getsockname()[1], []).__enter__()


def test_an_endpoint_that_was_closed_answers_nobody(health: Health) -> None:
    with endpoint("127.0.0.1", 0, [health]) as port:
        pass
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", port))


class Witness(Health):
    """How often it was told that the service turns."""

    turns = 0

    def turned(self, period_s: float) -> None:
        self.turns += 1


class Loop:
    """A loop that went round just now, unless it hangs."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self.hung_s: float | None = None

    @property
    def turned_s(self) -> float:
        return self._clock.monotonic() if self.hung_s is None else self.hung_s


async def test_the_service_turns_as_long_as_each_of_its_loops_does(clock: Clock) -> None:
    loops, witness = [Loop(clock), Loop(clock)], Witness("p1")
    watching = asyncio.create_task(witness.watch(clock, loops, hangs_after_s=12.0))
    await clock.sleep(WATCH_S * 3.5)
    while_well = witness.turns
    loops[1].hung_s = clock.monotonic()
    await clock.sleep(60)
    assert while_well >= 3
    assert witness.turns <= while_well + 3
    watching.cancel()
