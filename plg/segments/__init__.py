"""Segments: whom a rule holds for. The subject is a person in an account.

Owns the fields that rules may name (`subjects`), the published segments, and cohorts: lists of people or accounts.
Records nothing; hears of people who turned out to be one."""
