"""What a process that runs for long keeps."""

import gc


def begin() -> None:
    """While a process loads plg, next to nothing is garbage: to look for it took a fifth of the start."""
    gc.set_threshold(50_000, 10, 10)


def settle() -> None:
    """What is loaded by now stays for ever: garbage is looked for among the rest, and less often.

    A full collection that looked at all of it again took a tenth of a second."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)
