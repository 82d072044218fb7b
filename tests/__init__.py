"""What plg promises, as sentences that can fail."""
