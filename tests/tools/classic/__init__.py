"""The set `classic`, over a mirror of the sandbox and over data files."""
