"""Exports: events, people, accounts and reports leave by schedule, as Parquet or CSV, for a folder or object store.

Owns the exports and the ledger of their runs; records nothing, hears nothing."""
