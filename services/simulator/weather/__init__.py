"""A weather service for the simulated house. `WeatherFake` is what the rest uses."""

from services.simulator.weather.fake import WeatherFake

__all__ = ["WeatherFake"]
