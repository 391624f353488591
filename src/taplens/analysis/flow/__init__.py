"""Flow: what the history of statuses tells of how work moves (docs/metrics.md)."""
