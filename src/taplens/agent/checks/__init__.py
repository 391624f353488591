"""What a model says, held against what the tools found, before anybody reads it."""
