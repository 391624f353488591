"""Tests of the mcp."""
