"""Questions written as GIFT, Moodle's text format: read into entries (`reading`), and made ours (`carrying`).

What the format means is what Moodle's question/format/gift/format.php does, also where its documentation is silent.
"""

from academy.interchange.gift.carrying import carry
from academy.interchange.gift.reading import Answer, Entry, read_gift

__all__ = ["Answer", "Entry", "carry", "read_gift"]
