"""Tells people what they should know, through whatever reaches them; and shows how the broker is."""
