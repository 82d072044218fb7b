"""Moodle XML: what `file` reads and writes; `kinds` has the table of its question types."""
