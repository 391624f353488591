"""What is going on in a workspace: figures over its items, as plain functions."""
