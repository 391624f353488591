"""The sandbox as a model provider: the documented chat API with scripted answers and faults."""
