"""The policy: each rule a small pure function with a name, and `HOUSE` their order of precedence."""

from services.balancer.core.wish import Rule
from services.balancer.rules.autonomous import leave_to_the_loop
from services.balancer.rules.connection import keep_the_feed_in, keep_the_fuse
from services.balancer.rules.filling import fill_before_dear_hours
from services.balancer.rules.grid import hold_the_grid
from services.balancer.rules.manual import obey_the_owner
from services.balancer.rules.plan import follow_the_plan, keep_the_peak

HOUSE: tuple[Rule, ...] = (
    keep_the_fuse,
    keep_the_feed_in,
    keep_the_peak,
    obey_the_owner,
    fill_before_dear_hours,
    leave_to_the_loop,
    follow_the_plan,
    hold_the_grid,
)
"""Limits of the connection first, then the owner, then the tariff, then the plan, then the room that the house has."""
