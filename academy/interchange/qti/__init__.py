"""QTI 2.1, 2.2 and 3.0: items alone or in packages with tests. `kinds` has the table of interactions that are read,
`writing` that of our kinds; version 3 is read and written by its names alone (`names`)."""
