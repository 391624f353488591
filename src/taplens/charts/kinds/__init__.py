"""How each kind of chart is drawn."""
