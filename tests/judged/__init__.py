"""Tests of the judged set: that its queries, answers and figures can be relied upon."""
