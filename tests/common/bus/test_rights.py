"""Accounts, passwords, certificates: what is refused is noticed, said, and not hammered at."""

import asyncio
import base64
import gc
import hashlib
import ipaddress
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from common.bus import MqttBus
from common.clock import Clock, SystemClock
from common.config import MqttSettings
from tests.brokers import MOSQUITTO, OPEN, Broker, start_broker
from tests.common.bus.lines import bus_for
from tests.guests import PATIENCE_S, REAL, guest

pytestmark = pytest.mark.skipif(MOSQUITTO is None, reason="rights are Mosquitto's business")

ACL = """\
user ems-full
topic readwrite ems/#
user ems-reads
topic read ems/#
user ems-writes
topic write ems/#
"""


@pytest.fixture
def guarded(tmp_path: Path) -> Iterator[Broker]:
    """A broker that knows accounts by name and gives each of them its rights."""
    acl = tmp_path / "acl"
    acl.write_text(ACL)
    acl.chmod(0o644)
    with start_broker(tmp_path / "broker", f"{OPEN}acl_file {acl}\n") as running:
        yield running


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("common.bus.SELF_TEST_S", 0.3)


async def complaints(settings: MqttSettings, account: str, clock: Clock, caplog: pytest.LogCaptureFixture) -> list[str]:
    """What a bus says that never becomes ready, up to its second attempt."""
    async with MqttBus(settings, account, "a", clock) as bus, REAL.timeout(PATIENCE_S):
        while len(said := [made.getMessage() for made in caplog.records if made.name == "common.bus"]) < 2:
            assert not bus.ready.is_set()
            await clock.sleep(0.5)
    return said


async def test_an_account_with_its_rights_is_ready(guarded: Broker, clock: Clock) -> None:
    async with bus_for(guarded, clock, "ems-full") as bus:
        assert bus.ready.is_set()


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize("account", ["ems-reads", "ems-writes", "ems-stranger"])
async def test_an_account_without_its_rights_is_never_ready_and_says_why(
    guarded: Broker, clock: Clock, account: str, caplog: pytest.LogCaptureFixture
) -> None:
    """The broker accepts the connection, 'grants' the subscription and takes the message: it only does nothing."""
    said = await complaints(guarded.settings, account, clock, caplog)
    assert f"has {account} its rights in the ACL?" in said[0]


@pytest.mark.usefixtures("impatient")
async def test_rights_given_later_are_noticed(guarded: Broker, clock: Clock, tmp_path: Path) -> None:
    async with MqttBus(guarded.settings, "ems-late", "a", clock) as bus:
        await REAL.sleep(0.5)
        assert not bus.ready.is_set()
        await asyncio.to_thread((tmp_path / "acl").write_text, ACL + "user ems-late\ntopic readwrite ems/#\n")
        guarded.reload()
        async with REAL.timeout(PATIENCE_S):
            await bus.ready.wait()


async def test_a_self_test_of_somebody_else_does_not_count(guarded: Broker, clock: Clock) -> None:
    async with guest(guarded.settings, "ems/#", user="ems-full") as witness, bus_for(guarded, clock, "ems-full"):
        echo = await witness.hears(lambda heard: heard.topic == "ems/service/ems-full/selftest")
        assert len(echo.payload) >= 16
        assert not echo.retained


# Passwords


def hashed(password: str) -> str:
    salt = b"twelve bytes"
    made = hashlib.pbkdf2_hmac("sha512", password.encode(), salt, 101)
    return f"$7$101${base64.b64encode(salt).decode()}${base64.b64encode(made).decode()}"


@pytest.fixture
def locked(tmp_path: Path) -> Iterator[Broker]:
    """A broker that wants a password: `right`."""
    passwords = tmp_path / "passwd"
    passwords.write_text(f"ems-p1:{hashed('right')}\n")
    passwords.chmod(0o644)
    closed = OPEN.replace("allow_anonymous true", f"allow_anonymous false\npassword_file {passwords}")
    with start_broker(tmp_path / "broker", closed) as running:
        yield running


def with_password(broker: Broker, folder: Path, password: bytes | None) -> MqttSettings:
    if password is not None:
        (folder / "ems-p1").write_bytes(password)
    return broker.settings.model_copy(update={"password_dir": folder})


@pytest.mark.parametrize("password", [b"right", b"right\n", b"  right \r\n"])
async def test_a_password_comes_from_the_accounts_file(
    locked: Broker, clock: Clock, tmp_path: Path, password: bytes
) -> None:
    settings = with_password(locked, tmp_path, password)
    async with MqttBus(settings, "ems-p1", "a", clock) as bus, REAL.timeout(PATIENCE_S):
        await bus.ready.wait()


WRONG = {"wrong": (b"wrong", "ot authori"), "absent": (None, "No such file"), "no text": (b"caf\xe9", "is no UTF-8")}


@pytest.mark.parametrize("why", WRONG)
async def test_a_password_that_does_not_open_is_told_at_each_try(
    locked: Broker, clock: Clock, tmp_path: Path, caplog: pytest.LogCaptureFixture, why: str
) -> None:
    password, said = WRONG[why]
    told = await complaints(with_password(locked, tmp_path, password), "ems-p1", clock, caplog)
    assert all(said in line for line in told)


# Certificates


def certificate(folder: Path, name: str) -> Path:
    """A certificate that signs itself for 127.0.0.1, with its key beside it."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = SystemClock().now()
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    secret = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    (folder / f"{name}.key").write_bytes(secret)
    (folder / f"{name}.key").chmod(0o644)
    (folder / f"{name}.pem").write_bytes(made.public_bytes(pem))
    return folder / f"{name}.pem"


@pytest.fixture
def encrypted(tmp_path: Path) -> Iterator[Broker]:
    """A broker that speaks TLS only."""
    own = certificate(tmp_path, "broker")
    tls = f"{OPEN}certfile {own}\nkeyfile {own.with_suffix('.key')}\n"
    with start_broker(tmp_path / "broker_files", tls) as running:
        yield running


async def test_a_broker_with_the_right_certificate_is_trusted(encrypted: Broker, clock: Clock, tmp_path: Path) -> None:
    settings = encrypted.settings.model_copy(update={"ca_file": tmp_path / "broker.pem"})
    async with MqttBus(settings, "ems-p1", "a", clock) as bus, REAL.timeout(PATIENCE_S):
        await bus.ready.wait()


async def test_a_broker_with_another_certificate_is_told_and_not_trusted(
    encrypted: Broker, clock: Clock, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    settings = encrypted.settings.model_copy(update={"ca_file": certificate(tmp_path, "another")})
    told = await complaints(settings, "ems-p1", clock, caplog)
    assert "CERTIFICATE_VERIFY_FAILED" in told[0]
    gc.collect()


async def test_what_nobody_foresaw_ends_whoever_holds_the_bus(
    broker: Broker, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Better an end that is seen than a service that is connected to nothing and does not know."""
    async with bus_for(broker, clock, "ems-p1") as bus:
        monkeypatch.setattr("common.bus.backoff_s", None)
        broker.kill()
        with pytest.raises(TypeError):
            async with REAL.timeout(PATIENCE_S):
                await bus.hold()
