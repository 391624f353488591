"""The full-text index: tokens, one document an item, and its writing beside the items."""
