"""Tests of the calculations and of what is read for them."""
