"""Queries of known answer over the sandbox's data, and how well each mode answers them."""
