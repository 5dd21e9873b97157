"""Tests of the service that speaks with Domoticz."""
