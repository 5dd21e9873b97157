"""Networks and brokers that misbehave as told, on real sockets."""
