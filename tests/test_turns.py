"""Turns: so many at once, in order; and questions at once get the answers that they get alone."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from types import FrameType

import pytest
import torch

from eval.dataset import GoldQuestion
from rag.answer import Assistant
from rag.turns import Turns, turn


def test_so_many_at_once_and_no_more() -> None:
    turns, both, seen = Turns(2), threading.Barrier(2), []
    with ThreadPoolExecutor(6) as pool:

        def work(_: int) -> None:
            with turns.turn() as working:
                seen.append(working)
                both.wait(10)  # which nobody passes where there is one at a time

        list(pool.map(work, range(6)))
    assert len(seen) == 6
    assert set(seen) <= {1, 2}


def test_who_came_first_is_first() -> None:
    turns, order = Turns(1), []
    waiting = []
    with turns.turn():
        for number in range(5):

            def work(number: int = number) -> None:
                with turns.turn():
                    order.append(number)

            waiting.append(threading.Thread(target=work))
            waiting[-1].start()
            while len(turns._waiting) <= number:
                time.sleep(0.005)
        assert order == []
    for each in waiting:
        each.join(10)
    assert order == [0, 1, 2, 3, 4]


def test_a_turn_ends_where_its_work_fails() -> None:
    turns = Turns(1)
    for _ in range(2):
        with pytest.raises(ZeroDivisionError), turns.turn():
            raise ZeroDivisionError
    with turns.turn() as working:
        assert working == 1


@pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="no alarm clock here")
def test_who_gives_up_waiting_holds_nobody_up() -> None:
    turns, end = Turns(1), threading.Event()

    def hold() -> None:
        with turns.turn():
            end.wait(10)

    def ring(_: int, __: FrameType | None) -> None:
        raise InterruptedError

    holder = threading.Thread(target=hold)
    before = signal.signal(signal.SIGALRM, ring)
    try:
        holder.start()
        while not turns._working:
            time.sleep(0.005)
        signal.setitimer(signal.ITIMER_REAL, 0.2)
        with pytest.raises(InterruptedError), turns.turn():
            pass
    finally:
        signal.signal(signal.SIGALRM, before)
    end.set()
    holder.join(10)
    with turns.turn() as working:
        assert working == 1


def test_cores_are_shared_and_given_back() -> None:
    own = torch.get_num_threads()
    with turn():
        assert torch.get_num_threads() == own
        with ThreadPoolExecutor(1) as pool:

            def beside() -> int:
                with turn():
                    return torch.get_num_threads()

            if own > 1:  # else the second would wait for the first
                assert pool.submit(beside).result(10) == max(1, own // 2)
    assert torch.get_num_threads() == own


def test_questions_at_once_are_answered_as_alone(
    assistant: Assistant, gold: Sequence[GoldQuestion]
) -> None:
    asked = [each.question for each in gold[:16]]
    alone = [replace(assistant.ask(each), seconds={}) for each in asked]
    with ThreadPoolExecutor(8) as pool:
        at_once = [replace(each, seconds={}) for each in pool.map(assistant.ask, asked)]
    assert at_once == alone
