"""The chat gateway: documented chat completions for many clients over the providers' models."""
