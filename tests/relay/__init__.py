"""Tests of the bridge to switches, wishes and cars on MQTT."""
