"""TapLens: a local mirror of a TAPD workspace, and the answers from it."""

__version__ = "0.1.0"
