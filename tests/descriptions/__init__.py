"""Descriptions cleaned, shortened by a scripted provider, and checked."""
