"""Tests of the source itself: floors, budgets, style, translations."""
