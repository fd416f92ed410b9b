"""End a command on SIGTERM or SIGHUP (its terminal was closed) as on Ctrl-C."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

_SIGNAL_NAMES = ("SIGTERM", "SIGHUP")  # Windows has no SIGHUP
_received_signals: list[signal.Signals] = []  # one list a process, like signal handlers


@contextmanager
def terminate_like_ctrl_c() -> Iterator[None]:
    """Handle SIGTERM and SIGHUP like Ctrl-C inside the block; signals that the process ignores stay ignored.

    Enter it in the main thread. ``received_signal`` says afterwards whether one came.
    """
    _received_signals.clear()
    numbers = [getattr(signal, name) for name in _SIGNAL_NAMES if hasattr(signal, name)]
    before = {number: signal.getsignal(number) for number in numbers}  # nohup has SIGHUP ignored
    handled = [number for number in numbers if before[number] is not signal.SIG_IGN]
    for number in handled:
        signal.signal(number, _raise_interrupt)
    try:
        yield
    finally:
        for number in handled:
            signal.signal(number, before[number])


def received_signal() -> signal.Signals | None:
    """Return the signal that told the command to end, None if there was none."""
    return _received_signals[0] if _received_signals else None


def _raise_interrupt(number: int, _: FrameType | None) -> None:
    if _received_signals:  # a second one would interrupt the storing that the first has begun
        return
    _received_signals.append(signal.Signals(number))
    if callable(signal.getsignal(signal.SIGINT)):
        signal.raise_signal(
            signal.SIGINT
        )  # reaches whatever handles Ctrl-C now: an event loop, the line editor, Python
    else:  # a shell script ignores SIGINT for what it starts in the background
        raise KeyboardInterrupt
