"""Hand a post over for a place: to a file, to standard output, or to the terminal's clipboard."""

from __future__ import annotations

import base64
import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from bot.errors import InvalidInput
from bot.essay.export import ExportablePost
from bot.essay.export_targets import ExportedFile, ExportTarget, export_for
from bot.essay.text.words import count_noun
from bot.terminal.output import write_file, write_stdout, write_to_free_path
from bot.terminal.stdio import print_stderr, translate_write_errors

# Longer sequences are dropped by terminals without a word. 100,000 characters are what hterm's osc52.sh sends at most
# (chromium.googlesource.com/apps/libapps, hterm/etc/osc52.sh); eight of them are the sequence's own.
_MAX_SEQUENCE = 100_000
_OPENING, _END = "\x1b]52;c;", "\x07"
MAX_CLIPBOARD_BYTES = (_MAX_SEQUENCE - len(_OPENING) - len(_END)) // 4 * 3
_SCREEN_CHUNK = 252  # GNU screen passes on strings of 256 bytes, by the same source; four are its own


def check_handover(target: ExportTarget, output: str | None, *, copy: bool) -> None:
    """Raise InvalidInput if a post could not be handed over like this, before any other work is done."""
    if copy:
        _check_clipboard(target)
    elif target.form == "docx" and output in (None, "-") and sys.stdout.isatty():
        raise InvalidInput("A Word document cannot be shown in a terminal: name a file for it, as in -o post.docx.")


def _check_clipboard(target: ExportTarget) -> None:
    if not sys.stdout.isatty():
        raise InvalidInput(
            "Nothing was copied: only a terminal has a clipboard, and standard output is none here. Write the post to "
            "a file instead."
        )
    if target.form == "docx" or (target.form == "html" and target.key != "html"):
        raise InvalidInput(
            f"Nothing was copied: a terminal's clipboard holds plain text alone, and {target.label} needs more. Export "
            "it to a file, and open that."
        )


def export_post(
    exported: ExportedFile,
    essay: str,
    output: str | None,
    *,
    copy: bool = False,
    replace: bool = False,
    sources: Sequence[Path] = (),
) -> None:
    """Write the post to the file, or to standard output for None and "-"; with ``copy``, to the clipboard instead.

    Raise ExportFailed, OutputClosed, InvalidInput, and ExportFileExists as ``write_file`` does.
    """
    check_handover(exported.target, output, copy=copy)
    if copy:
        print_stderr(copy_to_clipboard(exported))
    if output is not None and output != "-":
        write_file(Path(output).expanduser(), exported.data, essay, replace=replace, sources=sources)
        print_stderr(f"Exported to {output}")
    elif exported.target.form == "docx":
        with translate_write_errors():
            sys.stdout.buffer.write(exported.data)
            sys.stdout.buffer.flush()
    elif not copy:
        write_stdout(exported.text)


def export_to_file(
    post: ExportablePost, essay: str, target: str, path: str | None, *, replace: bool, sources: Sequence[Path]
) -> tuple[ExportedFile, Path]:
    """Write the post to the path, else to a free name in the current directory; return it, and where it is.

    Raise ExportFailed, and ExportFileExists as ``write_file`` does.
    """
    exported = export_for(post, target)
    if path:
        place = Path(path).expanduser()
        write_file(place, exported.data, essay, replace=replace, sources=sources)
        return exported, place
    return exported, write_to_free_path(exported.name, exported.data, essay)


def copy_to_clipboard(exported: ExportedFile) -> str:
    """Ask the terminal to take the post into its clipboard, and return what to tell about it.

    No terminal answers, so nobody can know whether it did. Raise InvalidInput where it cannot, OutputClosed.
    """
    _check_clipboard(exported.target)
    if len(exported.data) > MAX_CLIPBOARD_BYTES:
        raise InvalidInput(
            f"Nothing was copied: the text has {len(exported.data):,} bytes, and a terminal's clipboard takes "
            f"{MAX_CLIPBOARD_BYTES:,}. Write it to a file instead."
        )
    with translate_write_errors():
        sys.stdout.flush()
        sys.stdout.buffer.write(clipboard_sequence(exported.data, os.environ).encode())
        sys.stdout.buffer.flush()
    tmux = " In tmux it comes through after: tmux set -s set-clipboard on." if "TMUX" in os.environ else ""
    return (
        f"{count_noun(len(exported.text), 'character')} went to the terminal's clipboard. If nothing is there to "
        f"paste, the terminal does not allow that: write the post to a file instead.{tmux}"
    )


def clipboard_sequence(data: bytes, environment: Mapping[str, str]) -> str:
    """Return the control sequence OSC 52 that puts the data into a terminal's clipboard.

    Inside tmux and GNU screen it is wrapped so that they pass it on; tmux gets it bare as well, since by its settings
    it takes either the one or the other.
    """
    sequence = f"{_OPENING}{base64.b64encode(data).decode()}{_END}"
    if "TMUX" in environment:
        wrapped = sequence.replace("\x1b", "\x1b\x1b")
        return f"{sequence}\x1bPtmux;{wrapped}\x1b\\"
    if "STY" in environment:
        chunks = (sequence[at : at + _SCREEN_CHUNK] for at in range(0, len(sequence), _SCREEN_CHUNK))
        return "".join(f"\x1bP{chunk}\x1b\\" for chunk in chunks)
    return sequence
