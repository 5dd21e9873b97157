"""Plans: what the planner must never do, and what it should do in plain cases."""
