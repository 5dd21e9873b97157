"""The product's memory: what it does, what it survived."""
