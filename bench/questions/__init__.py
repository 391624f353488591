"""Questions in words with checked answers: how often the answerer without a model is right."""
