"""plg: product-led growth for a SaaS company, from one event log and one database."""
