"""Descriptions of items without their markup, and in short: rewritten by a model, and checked."""
