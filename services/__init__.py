"""The services of Ballast. They never import each other; they talk over MQTT."""
