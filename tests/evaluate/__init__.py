"""Test cases: read, judged, written."""
