"""Work in processes forked off this one: they have plg loaded, and nothing that they share with it."""

import multiprocessing
from collections.abc import Callable
from multiprocessing.connection import Connection
from typing import Any

from tests.support import warm

PATIENCE = 120


def begun(work: Callable[..., Any], *arguments: Any) -> Callable[[], Any]:
    """Begins `work(*arguments)` in a process of its own; what comes back waits for its answer."""
    ours, theirs = multiprocessing.Pipe(duplex=False)
    process = multiprocessing.get_context("fork").Process(target=_work, args=(theirs, work, arguments))
    process.start()
    theirs.close()

    def answer() -> Any:
        try:
            if not ours.poll(PATIENCE):
                raise TimeoutError("the other process does not answer")
            return ours.recv()
        finally:
            process.kill()
            process.join()

    return answer


def _work(answer: Connection, work: Callable[..., Any], arguments: tuple[Any, ...]) -> None:
    warm.part()
    answer.send(work(*arguments))
