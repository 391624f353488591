"""Bringing the mirror in step with TAPD: full reads, refreshes, history, census, verification."""
