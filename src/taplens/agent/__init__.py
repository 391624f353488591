"""What answers questions with the tools: a loop around a model, and the checks on what it says."""
