"""Rotations in a whole house."""
