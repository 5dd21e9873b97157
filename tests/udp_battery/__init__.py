"""The Marstek bridge, from its bytes to the whole service."""
