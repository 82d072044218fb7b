"""Questions written as GIFT, Moodle's text format: read into entries (`reading`), and made ours (`carrying`).

What the format means is what Moodle's question/format/gift/format.php does, also where its documentation is silent.
"""

from academy.gift.carrying import Carried, carry, in_both
from academy.gift.reading import Answer, Entry, Words, read_gift

__all__ = ["Answer", "Carried", "Entry", "Words", "carry", "in_both", "read_gift"]
