"""SQL: analysts ask a copy of the log, of people and of accounts; they read, and can do nothing else.

Owns the copy (Parquet files that are deleted when nobody asks any more) and the record of who asked what."""
