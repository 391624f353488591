"""The vectors of items: cut into chunks, kept beside the mirror, embedded again when changed."""
