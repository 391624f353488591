"""Statistics and trends: what the numbers of a workspace say, as plain functions."""
