"""A whole house that does not exist: its physics, and its devices as fakes on real sockets.

It never hears a Ballast command; it speaks only what the real devices speak. The fakes keep a journal of what
was done to them, which tests and the demonstration use as judge.
"""
