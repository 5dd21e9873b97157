"""A Tempo week with everything that is shipped for it, over real sockets and a real broker, in time that jumps."""
