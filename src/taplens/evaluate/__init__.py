"""Test cases judged: by a team's rules, against its requirements, and by a model."""
