"""Tests of the flow metrics and of forecasts."""
