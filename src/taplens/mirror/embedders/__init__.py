"""What makes vectors of texts: the built-in way, an endpoint over HTTP, or a local model folder.

They stand with the mirror, because its sync writes the vectors; questions use the same ones.
"""
