"""What people complete, pass and earn is told to a learning record store, as xAPI 1.0.3 statements.

Owns `xapi_statements`, an outbox: a statement waits there until the store has it. Hears what learners achieve.
Without `lrs_url` nothing is written and nothing is sent.
"""

from academy.xapi.subscribers import HEARD, on_achievements

__all__ = ["HEARD", "on_achievements"]
