"""Write to the screen, to standard output and to files."""

from __future__ import annotations

import errno
import os
import re
import sys
import tempfile
from collections.abc import Iterable, Sequence
from contextlib import nullcontext, suppress
from pathlib import Path
from typing import Any

from rich.console import Console, ConsoleOptions, RenderableType, RenderResult
from rich.measure import Measurement
from rich.padding import Padding
from rich.segment import Segment
from rich.table import Table
from rich.text import Text

from bot.errors import BotError, ExportFailed, ExportFileExists, OutputClosed
from bot.files import is_any_of, write_atomically
from bot.terminal.stdio import escape_control_characters, redirect_to_devnull, translate_write_errors

_NARROW_COLUMNS = 72  # below this a table of several columns breaks words
_MIN_HANGING_COLUMNS = 24  # what an indented line has left to be wrapped in; with less it is wrapped as any other
_COMMAND = re.compile(r"(?P<command>\S.*?) {2,}(?P<effect>\S.*)")
_PLAIN_COLUMNS = 10_000  # lines are not wrapped where another program reads them


class SafeConsole(Console):
    """A rich console for text of any origin.

    Text is printed without markup, and control characters become visible symbols. A closed pipe or a full disk raises
    OutputClosed or ExportFailed; what cannot be written to standard error is dropped, and the work goes on.
    """

    def __init__(self, **options: Any) -> None:
        super().__init__(markup=False, emoji=False, highlight=False, **options)

    def print(self, *objects: Any, **options: Any) -> None:
        """Print like rich. Raise OutputClosed or ExportFailed."""
        # rich drops some control characters, so they are replaced before it sees them.
        texts = [Text(escape_control_characters(one)) if isinstance(one, str) else one for one in objects]
        if self.stderr:
            super().print(*texts, **options)
            return
        with translate_write_errors():
            super().print(*texts, **options)

    def __exit__(self, *raised: Any) -> None:
        """Write out what rich has buffered, status lines included."""
        with suppress(OSError) if self.stderr else nullcontext():
            super().__exit__(*raised)

    def render(self, renderable: RenderableType, options: ConsoleOptions | None = None) -> Iterable[Segment]:
        """Render like rich, with no control codes but rich's own; a wrapped line keeps its indentation."""
        if isinstance(renderable, Text) and "  " in renderable.plain:
            renderable = _keep_indentation(renderable, self, (options or self.options).max_width)
        for segment in super().render(renderable, options):
            yield segment if segment.control else Segment(escape_control_characters(segment.text), segment.style)

    def on_broken_pipe(self) -> None:
        """Handle a closed pipe; called by rich."""
        if not self.stderr:
            redirect_to_devnull(sys.stdout.fileno())
            raise OutputClosed


def _keep_indentation(text: Text, console: Console, columns: int) -> Text:
    """Return the text with its indented lines wrapped so that what follows is indented as far."""
    lines = text.split("\n", allow_blank=True)
    indents = [len(line.plain) - len(line.plain.lstrip(" ")) for line in lines]
    if all(not indent or line.cell_len <= columns for line, indent in zip(lines, indents, strict=True)):
        return text
    joined = Text("\n").join(
        wrap_hanging(line, indent, console, columns) for line, indent in zip(lines, indents, strict=True)
    )
    joined.style, joined.justify, joined.overflow, joined.end = text.style, text.justify, text.overflow, text.end
    return joined


def wrap_hanging(line: Text, indent: int, console: Console, columns: int) -> Text:
    """Return a line wrapped to a number of columns, each part behind the first ``indent`` columns to the right."""
    if not indent or line.cell_len <= columns or columns - indent < _MIN_HANGING_COLUMNS:
        return line
    wrapped = line[indent:].wrap(console, columns - indent)
    for part in wrapped:
        part.rstrip()
    return line[:indent] + Text("\n" + " " * indent).join(wrapped)


class CommandList:
    """Commands, each with what it does, in two columns; in a narrow window what it does stands below it.

    The text has a line for each, with two spaces or more between the columns. A line that begins with a space goes on
    with the one before it; all others are sentences, and so do those that follow one of these.
    """

    def __init__(self, text: str) -> None:
        self._rows = list[tuple[str, str]]()  # a command and what it does; "" and sentences, or two of them
        for line in text.splitlines():
            found = _COMMAND.fullmatch(line)
            if found is not None:
                self._rows.append((found["command"], found["effect"]))
            elif line and self._rows and (line.startswith(" ") or (self._rows[-1][1] and not self._rows[-1][0])):
                command, said = self._rows[-1]
                self._rows[-1] = (command, f"{said} {line.strip()}")
            else:
                self._rows.append(("", line))

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        first = max(len(command) for command, _ in self._rows) + 2
        is_narrow = options.max_width < _NARROW_COLUMNS
        for command, said in self._rows:
            if command and is_narrow:
                yield Text(command, style="bold")
                yield Text(f"  {said}")
            elif command:
                yield wrap_hanging(Text(f"{command:{first}}{said}"), first, console, options.max_width)
            else:
                yield Text(said)


def make_console(*, stderr: bool = False) -> SafeConsole:
    """Make the console for standard output or standard error; plain without a terminal or with NO_COLOR."""
    terminal = (sys.stderr if stderr else sys.stdout).isatty()
    return SafeConsole(stderr=stderr, width=None if terminal else _PLAIN_COLUMNS)


def is_interactive() -> bool:
    """Return whether standard input and standard output are both a terminal."""
    return sys.stdin.isatty() and sys.stdout.isatty()


def write_stdout(text: str) -> None:
    """Write text to standard output in UTF-8; on a terminal, escape control characters.

    Raise OutputClosed or ExportFailed.
    """
    with translate_write_errors():
        sys.stdout.flush()
        sys.stdout.buffer.write((escape_control_characters(text) if sys.stdout.isatty() else text).encode())
        sys.stdout.buffer.flush()


def check_writable(path: Path, *, replace: bool, sources: Sequence[Path] = ()) -> None:
    """Check whether a file can be written, before any other work is done.

    Raise ExportFailed or ExportFileExists as ``write_file`` would, saying that nothing was done.
    """
    try:
        _check_overwrite(path, replace=replace, sources=sources)
        if path.is_dir():
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
        if path.exists() and not path.is_file():
            return  # a pipe or a device, which is written in place
        with tempfile.TemporaryFile(dir=Path(os.path.realpath(path)).parent):
            pass
    except ExportFileExists as error:
        raise _found_beforehand(error) from None
    except OSError as error:
        raise _found_beforehand(ExportFailed.from_os_error(str(path), error)) from error


def _found_beforehand(error: BotError) -> BotError:
    """Return the error, saying also that it was found before anything was done."""
    error.args = (f"{error} No model was asked: nothing was spent, and nothing was stored.",)
    return error


def write_file(
    path: Path, data: bytes, essay: str | None = None, *, replace: bool = False, sources: Sequence[Path] = ()
) -> None:
    """Write a post to the file atomically.

    An existing file is replaced only with ``replace``, and one of the ``sources``, which the post was read from, never.
    A pipe or a device is written in place. Raise ExportFailed or ExportFileExists, naming the essay that holds the
    post.
    """
    try:
        _check_overwrite(path, essay, replace=replace, sources=sources)
        if path.exists() and not path.is_file():
            if path.is_dir():
                raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
            path.write_bytes(data)
        else:
            write_atomically(Path(os.path.realpath(path)), data, replace=replace)
    except FileExistsError:
        raise ExportFileExists.existing(str(path), essay) from None
    except OSError as error:
        raise ExportFailed.from_os_error(str(path), error, essay) from error


def write_private_file(path: Path, data: bytes, *, replace: bool = False) -> None:
    """Write a file atomically that only its owner can read. Raise ExportFailed, ExportFileExists."""
    try:
        write_atomically(Path(os.path.realpath(path)), data, replace=replace, mode=0o600)
    except FileExistsError:
        raise ExportFileExists.existing(str(path), None) from None
    except OSError as error:
        raise ExportFailed.from_os_error(str(path), error, None) from error


def _check_overwrite(path: Path, essay: str | None = None, *, replace: bool, sources: Sequence[Path]) -> None:
    if is_any_of(path, sources):
        raise ExportFileExists.is_input_file(str(path), essay)
    if path.is_file() and not replace:
        raise ExportFileExists.existing(str(path), essay)


def free_path(name: str, data: bytes) -> Path:
    """Return a free path for ``name`` in the current directory, or the path of a file that has the same bytes.

    Raise ExportFailed if the directory is gone.
    """
    try:
        wanted = Path.cwd() / name
    except FileNotFoundError as error:
        raise ExportFailed(name, "the current directory is gone") from error
    path, number = wanted, 2
    while path.exists() and not (path.is_file() and path.read_bytes() == data):
        path = wanted.with_stem(f"{wanted.stem}-{number}")
        number += 1
    return path


class ResponsiveTable:
    """A table that becomes a list in a narrow window, with each row over several lines and nothing cut.

    The first column identifies a row and is never wrapped. ``right`` names the columns to align right; without
    ``show_header`` the headings are hidden in a wide window, too.
    """

    def __init__(self, headings: Sequence[str], *, right: Sequence[str] = (), show_header: bool = True) -> None:
        self._headings = headings
        self._right = right
        self._show_header = show_header
        self._rows: list[tuple[str, ...]] = []

    def add_row(self, *cells: str) -> None:
        """Add a row."""
        self._rows.append(cells)

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        table = self._table()
        wide = Measurement.get(console, options.update(width=100_000), table).maximum
        if wide <= options.max_width or options.max_width >= _NARROW_COLUMNS:
            yield table
            return
        for row in self._rows:
            first, cells = Text(row[0], style="bold", overflow="fold"), list(zip(self._headings, row, strict=True))[1:]
            if not self._show_header:  # then the second column is short, or is what the row is called
                first = wrap_hanging(first.append(f"  {row[1]}"), len(row[0]) + 2, console, options.max_width)
                del cells[0]
            yield first
            for heading, cell in cells:
                if cell:
                    said = f"{heading}: {cell}" if heading and self._show_header else cell
                    yield Padding(Text(said, overflow="fold"), (0, 0, 0, 2))

    def _table(self) -> Table:
        table = Table(box=None, pad_edge=False, header_style="bold", show_header=self._show_header)
        for index, heading in enumerate(self._headings):
            table.add_column(
                heading, justify="right" if heading in self._right else "left", no_wrap=not index, overflow="fold"
            )
        for row in self._rows:
            table.add_row(*row)
        return table


def write_to_free_path(name: str, data: bytes, essay: str | None = None) -> Path:
    """Write a file under a free name like ``name`` in the current directory; return where it is. Raise ExportFailed."""
    while not (place := free_path(name, data)).exists():
        with suppress(ExportFileExists):  # another process has just taken the name: try the next
            write_file(place, data, essay)
            break
    return place


def write_page(
    name: str, html: str, path: str | None, *, replace: bool = False, sources: Sequence[Path] = ()
) -> Path | None:
    """Write a page to the path, to standard output for "-" (then return None), else to a free name like ``name``.

    Return where it is. Raise ExportFailed, OutputClosed, and ExportFileExists as ``write_file`` does.
    """
    if path == "-":
        write_stdout(html)
        return None
    if not path:
        return write_to_free_path(name, html.encode())
    place = Path(path).expanduser()
    write_file(place, html.encode(), replace=replace, sources=sources)
    return place
