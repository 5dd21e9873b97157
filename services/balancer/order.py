"""The owner's order with its groups taken apart: within a group the fuller gives first, the emptier takes first."""

from collections.abc import Mapping, Sequence

from services.balancer.groups import Group, RotationGroup

SWAP_PCT = 5.0
"""Two members change places only when their states of charge differ by this much."""


def expand(
    order: Sequence[str],
    groups: Mapping[str, Group],
    socs_pct: Mapping[str, float | None],
    previous: Sequence[str],
    room_w: float,
) -> tuple[str, ...]:
    """Every device in the order in which it gets room (room_w ≥ 0) or gives (room_w < 0)."""
    places: list[str] = []
    for entry in order:
        group = groups.get(entry)
        if isinstance(group, RotationGroup):  # it takes turns by rules of its own
            continue
        members = group.members if group is not None else (entry,)
        kept = sorted(members, key=lambda member: previous.index(member) if member in previous else len(previous))
        places += _by_charge(kept, socs_pct, room_w)
    return tuple(places)


def _by_charge(members: list[str], socs_pct: Mapping[str, float | None], room_w: float) -> list[str]:
    """One pass of neighbours changing places where the difference is worth it; a few readings sort any group."""
    towards = 1.0 if room_w >= 0 else -1.0
    places = list(members)
    for index in range(len(places) - 1):
        first, second = socs_pct.get(places[index]), socs_pct.get(places[index + 1])
        if first is not None and second is not None and towards * (first - second) >= SWAP_PCT:
            places[index], places[index + 1] = places[index + 1], places[index]
    return places
