"""Loads without a meter of their own, as the house's meter shows them: what they draw, and whether they do. Pure."""

from dataclasses import replace

from common.contract import SwitchState
from services.balancer.core.decide import Reading
from services.balancer.core.dosed import Dosed
from services.balancer.mind import Mind
from services.balancer.switchboard import LoadBook, known_w

UNSURE_W = 60.0
"""While it is less certain than this what everybody else does, a reading tells nothing about a load."""


def watch_unmetered(mind: Mind, reading: Reading, foreign_w: float) -> None:
    """Hold a reading against every switched load that nobody measures. `foreign_w`: who regulates itself."""
    for load in mind.core.loads:
        book, state = mind.switchboard.book(load.id), mind.world.devices[load.id].state
        obeys = isinstance(state, SwitchState) and state.on is book.run.on
        if obeys and not book.has_meter:
            mind.switchboard.books[load.id] = _watched(mind, load, book, reading, foreign_w)


def _watched(mind: Mind, load: Dosed, book: LoadBook, reading: Reading, foreign_w: float) -> LoadBook:
    run = book.run
    book = replace(book, steps=book.steps.follow(run.on, run.since_s))
    if not run.on:
        book = replace(book, doubt=book.doubt.waited(run.held_s(reading.at_s)))
    draw_w = _draw_w(mind, load, reading, foreign_w)
    if draw_w is None:
        return book
    power_w = known_w(mind.policy(load.id), book) or 0.0
    steps, step = book.steps.watch(draw_w, reading.start_s, reading.end_s)
    book = replace(book, steps=steps)
    if run.on and steps.turned is None:
        book = replace(book, doubt=book.doubt.watch(draw_w, power_w, reading.at_s))
    return book if step is None else book.answered(step, power_w)


def _draw_w(mind: Mind, load: Dosed, reading: Reading, foreign_w: float) -> float | None:
    """What the house drew with this load and without all others; None while an order of ours is on its way."""
    others = [other for other in mind.core.moving if other.id != load.id]
    if load.awaiting is not None or any(other.awaiting is not None or not other.proven for other in others):
        return None
    told = [other.explanations(reading.start_s, reading.end_s) for other in others]
    if sum(most_w - least_w for _, least_w, most_w in told) > UNSURE_W:
        return None
    return reading.grid_w - foreign_w - sum(nominal_w for nominal_w, _, _ in told)
