"""The law's pieces, one by one, and their invariants."""
