"""Benchmarks: `python -m tests.bench NAME [--json] [--database URL]`. Each file is one benchmark."""
