"""One module a command; `build()` makes it."""
