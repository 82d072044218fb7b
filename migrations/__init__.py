"""One line of history of the database, forward and back."""
