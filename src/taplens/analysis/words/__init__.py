"""Which words a selection of items says most, and which tell it from the others."""
