"""Trends: how many items were created, closed and open, period by period."""

from taplens.analysis.trends.finding import MEASURES, Asked, Trends, trends

__all__ = ["MEASURES", "Asked", "Trends", "trends"]
