"""Things made in a thread beside: the same ones in the same order, errors in their place, and it ends."""

from __future__ import annotations

import threading
import time

import pytest
from mien.ahead import ahead


def makers() -> int:
    return sum(thread.name == "Mien ahead" for thread in threading.enumerate())


@pytest.mark.parametrize("count", [0, 1, 2, 3, 100])
def test_the_same_things_in_the_same_order(count):
    assert list(ahead(range(count), 2)) == list(range(count))
    assert makers() == 0


def test_things_are_made_while_others_are_used():
    made, enough = [], threading.Event()

    def things():
        for i in range(10):
            made.append(i)
            if len(made) == 4:
                enough.set()
            yield i

    coming = ahead(things(), 3)
    next(coming)
    assert enough.wait(5)
    coming.close()
    assert len(made) < 10
    assert makers() == 0


def test_an_error_comes_where_its_thing_would():
    def things():
        yield from range(3)
        raise OSError("the disk is gone")

    seen = []
    with pytest.raises(OSError, match="the disk is gone"):
        seen.extend(ahead(things(), 2))
    coming = ahead(things(), 2)
    assert [next(coming) for _ in range(3)] == [0, 1, 2]
    with pytest.raises(OSError, match="the disk is gone"):
        next(coming)
    assert makers() == 0


@pytest.mark.parametrize("pause", [0.0, 0.02])
def test_closing_early_ends_the_thread_however_fast_it_is(pause):
    def things():
        while True:
            time.sleep(pause)
            yield 1

    for taken in range(4):
        coming = ahead(things(), 2)
        for _ in range(taken):
            next(coming)
        coming.close()
        assert makers() == 0


def test_what_the_things_come_from_is_left_alone_once_it_is_closed():
    at_work = threading.Lock()

    def things():
        while True:
            with at_work:
                time.sleep(0.01)
            yield 1

    coming = ahead(things(), 2)
    next(coming)
    coming.close()
    assert at_work.acquire(blocking=False)
