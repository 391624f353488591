"""What a model may write of a report: findings that name their items, and a summary of figures."""
