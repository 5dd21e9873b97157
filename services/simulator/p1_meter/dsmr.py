"""The raw telegram, as `GET …/telegram` returns it: DSMR 5.0.2 P1, section 6.2, with its CRC."""

from datetime import datetime

from services.simulator.p1_meter.smart_meter import Telegram

_PHASES = (21, 41, 61)
"""First number of an OBIS code about power drawn on L1, L2, L3; one more: fed in."""


def telegram_text(telegram: Telegram) -> str:
    """All lines of one telegram, ended by CR LF, from `/` to the checksum."""
    drawn, fed = max(0, telegram.power_w), max(0, -telegram.power_w)
    lines = [
        "/SIM5P1-1",
        "",
        "1-3:0.2.8(50)",
        f"0-0:1.0.0({_stamp(telegram.at)})",
        f"1-0:1.8.1({_kwh(telegram.import_wh[0])})",
        f"1-0:1.8.2({_kwh(telegram.import_wh[1])})",
        f"1-0:2.8.1({_kwh(telegram.export_wh[0])})",
        f"1-0:2.8.2({_kwh(telegram.export_wh[1])})",
        f"0-0:96.14.0({telegram.tariff:04d})",
        f"1-0:1.7.0({_kw(drawn)})",
        f"1-0:2.7.0({_kw(fed)})",
        *_phase_lines(telegram),
        f"0-1:24.2.1({_stamp(telegram.gas_at)})({telegram.gas_m3:09.3f}*m3)",
    ]
    body = "\r\n".join(lines) + "\r\n!"
    return f"{body}{crc16(body.encode()):04X}\r\n"


def crc16(data: bytes) -> int:
    """CRC-16/ARC over everything from `/` to `!`: polynomial x¹⁶+x¹⁵+x²+1, least significant bit first."""
    value = 0
    for byte in data:
        value ^= byte
        for _ in range(8):
            value = value >> 1 ^ (0xA001 if value & 1 else 0)
    return value


def _phase_lines(telegram: Telegram) -> list[str]:
    pairs = [(first, phase.power_w) for first, phase in zip(_PHASES, telegram.phases, strict=False)]
    return [f"1-0:{first}.7.0({_kw(max(0, power_w))})" for first, power_w in pairs] + [
        f"1-0:{first + 1}.7.0({_kw(max(0, -power_w))})" for first, power_w in pairs
    ]


def _stamp(at: datetime) -> str:
    """Local time and whether that is summer or winter time."""
    return f"{at:%y%m%d%H%M%S}{'S' if at.dst() else 'W'}"


def _kwh(energy_wh: int) -> str:
    return f"{energy_wh / 1000:010.3f}*kWh"


def _kw(power_w: int) -> str:
    return f"{power_w / 1000:06.3f}*kW"
