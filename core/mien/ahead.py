"""Make the next things in a thread of its own while the last ones are used: decoding beside solving.

Decoders let go of Python's lock while they work, so that two cores are used; the order and the things
themselves are those of the iterable, whatever the timing.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Generator, Iterable
from typing import Any, Final, TypeVar

AHEAD: Final = 4
"""Things at most that are ready and wait: enough to level out slow ones, few enough for large pictures."""

Thing = TypeVar("Thing")


def ahead(things: Iterable[Thing], most: int = AHEAD) -> Generator[Thing, None, None]:
    """The same things, up to `most` (2 or more) of them made before they are asked for.

    An error while making one comes where that one would have come. When this generator is closed, the thread
    has ended, so what the things are made from may be closed too.
    """
    ready: queue.Queue[tuple[Thing | None, BaseException | None]] = queue.Queue(most)
    closing = threading.Event()
    maker = threading.Thread(target=_make, args=(things, ready, closing), name="Mien ahead", daemon=True)
    maker.start()
    try:
        while True:
            thing, error = ready.get()
            if error is not None:
                break
            yield thing  # type: ignore[misc]  # None only beside an error
        if not isinstance(error, StopIteration):
            raise error
    finally:
        closing.set()
        while not ready.empty():  # the maker may wait for a place; after that it puts two more at most
            ready.get()
        maker.join()


def _make(things: Iterable[Any], ready: queue.Queue[Any], closing: threading.Event) -> None:
    try:
        for thing in things:
            if closing.is_set():
                break
            ready.put((thing, None))
            del thing  # its memory goes when it has been used, not when the next one comes
        ready.put((None, StopIteration()))
    except BaseException as error:
        ready.put((None, error))
