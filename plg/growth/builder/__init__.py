"""The form that builds a report: fields that read and show parts of a definition, and which of them each kind has."""
