"""The gateway under a long load with a provider that misbehaves."""
