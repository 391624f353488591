"""Questions to the mirror that count and measure: plain functions over its columns."""
