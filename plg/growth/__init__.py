"""Growth: reports over what people did, read from a columnar copy of the log. Hears all; records nothing."""
