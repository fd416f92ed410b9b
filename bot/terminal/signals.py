"""A command that the system tells to end (its terminal was closed, or SIGTERM) ends as by Ctrl-C, and for good."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

_SIGNAL_NAMES = ("SIGTERM", "SIGHUP")  # Windows has no SIGHUP
_received_signals: list[signal.Signals] = []  # the process's own, as signals are


@contextmanager
def terminate_like_ctrl_c() -> Iterator[None]:
    """For as long as this lasts, SIGTERM and SIGHUP do what Ctrl-C does; what the process was told to ignore stays so.

    Enter it in the main thread. ``received`` says afterwards whether one came.
    """
    _received_signals.clear()
    numbers = [getattr(signal, name) for name in _SIGNAL_NAMES if hasattr(signal, name)]
    before = {number: signal.getsignal(number) for number in numbers}  # nohup has SIGHUP ignored
    heeded = [number for number in numbers if before[number] is not signal.SIG_IGN]
    for number in heeded:
        signal.signal(number, _raise_interrupt)
    try:
        yield
    finally:
        for number in heeded:
            signal.signal(number, before[number])


def received_signal() -> signal.Signals | None:
    """The signal that told the command to end, if one has."""
    return _received_signals[0] if _received_signals else None


def _raise_interrupt(number: int, _: FrameType | None) -> None:
    if _received_signals:  # a second one would break off the storing and settling that the first has begun
        return
    _received_signals.append(signal.Signals(number))
    if callable(signal.getsignal(signal.SIGINT)):
        signal.raise_signal(signal.SIGINT)  # whoever handles Ctrl-C just now: an event loop, the line editor, Python
    else:  # a script's shell has Ctrl-C ignored for what it starts in the background
        raise KeyboardInterrupt
