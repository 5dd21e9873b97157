"""What the simulated meter says on its teleinformation, in the labels of both modes."""

from datetime import datetime

from services.simulator.tempo.days import BEGINS, COLOURS, DAY, Days

SHORT = {"BLUE": "BLEU", "WHITE": "BLAN", "RED": "ROUG"}
LONG = {"BLUE": "BLEU", "WHITE": "BLANC", "RED": "ROUGE"}
LETTERS = {"BLUE": "B", "WHITE": "W", "RED": "R"}
SILENT = "----"


def historic(days: Days, at: datetime) -> dict[str, str]:
    """Historic mode."""
    way = "HC" if days.is_off_peak(at) else "HP"
    coming = days.announced(at)
    return {
        "OPTARIF": "BBR(",
        "PTEC": f"{way}J{LETTERS[days.colour(days.running(at))]}",
        "DEMAIN": SHORT[coming] if coming else SILENT,
    }


def standard(days: Days, at: datetime) -> dict[str, str]:
    """Standard mode, with padding as meters have it."""
    way = "HC" if days.is_off_peak(at) else "HP"
    colour, coming = days.colour(days.running(at)), days.announced(at)
    number = 2 * COLOURS.index(colour) + (1 if way == "HC" else 2)
    said = {
        "NGTF": "     TEMPO      ",
        "LTARF": f"{way}  {LONG[colour]}".center(16),
        "NTARF": f"{number:02d}",
        "STGE": f"{_register(colour, coming):08X}",
    }
    if coming in ("WHITE", "RED"):
        begins = days.running(at) + DAY
        said[f"DPM{COLOURS.index(coming)}"] = f"{begins:%y%m%d}{BEGINS:%H%M%S}"
    return said


def _register(today: str, tomorrow: str | None) -> int:
    code = COLOURS.index(tomorrow) + 1 if tomorrow else 0
    return 0x003A0000 | (COLOURS.index(today) + 1) << 24 | code << 26
