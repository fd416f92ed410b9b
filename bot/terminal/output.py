"""Where words go: the screen, standard output and files. What cannot be written is told."""

from __future__ import annotations

import errno
import os
import sys
import tempfile
from collections.abc import Iterable, Sequence
from contextlib import nullcontext, suppress
from pathlib import Path
from typing import Any

from rich.console import Console, ConsoleOptions, RenderableType
from rich.segment import Segment
from rich.text import Text

from bot.errors import CannotWrite, ReaderGone, WouldOverwrite, before_all
from bot.files import is_one_of, write_whole
from bot.streams import point_at_nothing, shown, writing_out

_PLAIN_WIDTH = 10_000  # lines for another program are not folded


class Screen(Console):
    """A rich console that every word for a person goes through, and that nobody's words can drive.

    A text is printed as it stands: it holds no markup, whoever wrote it, and control characters in it, or in anything
    else that is printed, are made visible. A closed pipe or a full disk is told of, instead of ending the program in
    silence. What cannot be written to standard error is dropped: there is nowhere left to say so, and the work goes on.
    """

    def __init__(self, **options: Any) -> None:
        super().__init__(markup=False, emoji=False, highlight=False, **options)

    def print(self, *objects: Any, **options: Any) -> None:
        """As rich prints. Raises ReaderGone or CannotWrite where standard output takes no more."""
        # rich drops some control characters of a text without a word, so they are made visible before it sees them.
        texts = [Text(shown(one)) if isinstance(one, str) else one for one in objects]
        if self.stderr:
            super().print(*texts, **options)
            return
        with writing_out():
            super().print(*texts, **options)

    def __exit__(self, *raised: Any) -> None:
        """Where rich writes out whatever it was given, a line that changes and its control codes too."""
        with suppress(OSError) if self.stderr else nullcontext():
            super().__exit__(*raised)

    def render(self, renderable: RenderableType, options: ConsoleOptions | None = None) -> Iterable[Segment]:
        """As rich renders, with only rich's own control codes among what comes out."""
        for segment in super().render(renderable, options):
            yield segment if segment.control else Segment(shown(segment.text), segment.style)

    def on_broken_pipe(self) -> None:
        """Called by rich when whatever reads the output has gone."""
        if not self.stderr:
            point_at_nothing(sys.stdout.fileno())
            raise ReaderGone


def screen(*, stderr: bool = False) -> Screen:
    """The console for standard output or standard error; plain where it is no terminal or NO_COLOR is set."""
    terminal = (sys.stderr if stderr else sys.stdout).isatty()
    return Screen(stderr=stderr, width=None if terminal else _PLAIN_WIDTH)


def at_terminal() -> bool:
    """Whether a person sits at both ends."""
    return sys.stdin.isatty() and sys.stdout.isatty()


def write_out(text: str) -> None:
    """Writes text to standard output, in UTF-8: as it stands for a program or a file, to be seen for a person.

    Raises ReaderGone or CannotWrite.
    """
    with writing_out():
        sys.stdout.flush()
        sys.stdout.buffer.write((shown(text) if sys.stdout.isatty() else text).encode())
        sys.stdout.buffer.flush()


def check_place(path: Path, *, replace: bool, sources: Sequence[Path] = ()) -> None:
    """Looks whether a file can be put there, before anything is done for it.

    Raises CannotWrite or WouldOverwrite as ``write_file`` would, saying that nothing was done.
    """
    try:
        _check_free(path, replace=replace, sources=sources)
        if path.is_dir():
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
        if path.exists() and not path.is_file():
            return  # a pipe or a device, which is written as it stands
        with tempfile.TemporaryFile(dir=Path(os.path.realpath(path)).parent):
            pass
    except WouldOverwrite as error:
        raise before_all(error) from None
    except OSError as error:
        raise before_all(CannotWrite.refused(str(path), error)) from error


def write_file(
    path: Path, text: str, essay: str | None = None, *, replace: bool = False, sources: Sequence[Path] = ()
) -> None:
    """Puts the text into the file, whole or not at all: a temporary file beside it takes its place when it is complete.

    A file that is there is replaced with ``replace`` alone, and one of the ``sources``, from which the text was read,
    never. What is no regular file (a pipe, a device) is written as it stands. Raises CannotWrite or WouldOverwrite,
    naming the essay that holds the text.
    """
    try:
        _check_free(path, essay, replace=replace, sources=sources)
        if path.exists() and not path.is_file():
            if path.is_dir():
                raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
            path.write_bytes(text.encode())
        else:
            write_whole(Path(os.path.realpath(path)), text.encode(), replace=replace)
    except FileExistsError:
        raise WouldOverwrite.existing(str(path), essay) from None
    except OSError as error:
        raise CannotWrite.refused(str(path), error, essay) from error


def _check_free(path: Path, essay: str | None = None, *, replace: bool, sources: Sequence[Path]) -> None:
    if is_one_of(path, sources):
        raise WouldOverwrite.own(str(path), essay)
    if path.is_file() and not replace:
        raise WouldOverwrite.existing(str(path), essay)


def place_for(name: str, text: str) -> Path:
    """Where a file of that name goes that nobody named: beside the person, under a free name.

    A file that holds the same text already is as good. Raises CannotWrite where the directory is gone.
    """
    try:
        wanted = Path.cwd() / name
    except FileNotFoundError as error:
        raise CannotWrite(name, "the current directory is gone") from error
    path, number = wanted, 2
    while path.exists() and not (path.is_file() and path.read_bytes() == text.encode()):
        path = wanted.with_stem(f"{wanted.stem}-{number}")
        number += 1
    return path
