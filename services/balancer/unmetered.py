"""Loads without a meter of their own, as the house's meter shows them: what they draw, and whether they do. Pure."""

from dataclasses import replace

from common.contract import LoadState, SwitchState
from services.balancer.core.decide import Reading
from services.balancer.core.dosed import Dosed
from services.balancer.loads.doubt import HALF
from services.balancer.mind import Mind
from services.balancer.switchboard import LoadBook, known_w

UNSURE_W = 60.0
"""While it is less certain than this what everybody else does, a reading tells nothing about a load."""


def watch_unmetered(mind: Mind, reading: Reading, foreign_w: float) -> None:
    """Hold a reading against every load that nobody measures. `foreign_w`: of who regulates itself."""
    for load in mind.core.moving:
        book, device = mind.switchboard.book(load.id), mind.world.devices[load.id]
        if load.id not in mind.config.loads or book.has_meter:
            continue
        if isinstance(device.state, SwitchState) and device.state.on is book.run.on:
            mind.switchboard.books[load.id] = _switched(mind, load, book, reading, foreign_w)
        if isinstance(device.state, LoadState) and device.level_pct is not None:
            mind.switchboard.books[load.id] = _dimmed(mind, load, book, reading, foreign_w)


def _switched(mind: Mind, load: Dosed, book: LoadBook, reading: Reading, foreign_w: float) -> LoadBook:
    run = book.run
    book = replace(book, steps=book.steps.follow(run.on, run.since_s))
    if not run.on:
        book = replace(book, doubt=book.doubt.waited(run.held_s(reading.at_s)))
    power_w = known_w(mind.policy(load.id), book) or 0.0
    draw_w = _draw_w(mind, load, reading, foreign_w)
    return book if draw_w is None else _read(book, draw_w, power_w if run.on else 0.0, reading, power_w)


def _dimmed(mind: Mind, load: Dosed, book: LoadBook, reading: Reading, foreign_w: float) -> LoadBook:
    """Only a test tells what a dimmer draws: it is turned off, and was believed to draw something until then."""
    doubt = book.doubt
    if doubt.since_s is not None:
        book = replace(book, steps=book.steps.follow(False, doubt.since_s))
        book = replace(book, doubt=doubt.waited(reading.at_s - doubt.since_s))
    draw_w = _draw_w(mind, load, reading, foreign_w)
    believed_w = load.nominal.mean(reading.start_s, reading.end_s)
    is_settled = load.proven and load.late.is_settled(reading.start_s)
    if draw_w is None or not is_settled:
        return book
    return _read(book, draw_w, believed_w, reading, doubt.power_w)


def _read(book: LoadBook, draw_w: float, drawing_w: float, reading: Reading, power_w: float) -> LoadBook:
    """One reading. `drawing_w`: what it is believed to draw now; `power_w`: what its step is held against."""
    steps, step = book.steps.watch(draw_w, reading.start_s, reading.end_s)
    doubt = book.doubt
    if drawing_w > 0 and steps.turned is None:
        doubt = doubt.watch(draw_w, drawing_w, reading.at_s)
        steps = steps.since_a_fall(HALF) if doubt.stands and not book.doubt.stands else steps
    book = replace(book, steps=steps, doubt=doubt)
    return book if step is None else book.answered(step, power_w)


def _draw_w(mind: Mind, load: Dosed, reading: Reading, foreign_w: float) -> float | None:
    """What the house drew with this load and without all others; None while an order of ours is on its way."""
    others = [other for other in mind.core.moving if other.id != load.id]
    if load.awaiting is not None or not all(_is_known(other) for other in others):
        return None
    told = [other.explanations(reading.start_s, reading.end_s) for other in others]
    if sum(most_w - least_w for _, least_w, most_w in told) > UNSURE_W:
        return None
    return reading.grid_w - foreign_w - sum(nominal_w for nominal_w, _, _ in told)


def _is_known(other: Dosed) -> bool:
    """Whether it does what it was told, and has shown it."""
    return other.awaiting is None and other.proven
