"""Documents of all kinds, made by the programs that write them."""
