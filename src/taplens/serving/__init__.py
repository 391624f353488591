"""The server: every door in one app on one port, and the process that runs it."""
