"""Questions to the mirror in words: ranked, with the passages that match, or exactly as written."""
