"""What goes to whom: fields withheld, stand-ins for names and secrets, the log of it."""
