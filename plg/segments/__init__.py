"""Segments: whom a rule holds for. The subject is a person in an account.

Owns the fields that rules may name (`subjects`) and the published segments; records nothing, hears nothing."""
