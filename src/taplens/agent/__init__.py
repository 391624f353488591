"""What answers questions in words: the answerers, and the way from the gateway to them."""
