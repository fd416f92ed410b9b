"""Which one of a list a person means by what they type: its name, its number in the list, or how its name begins."""

from __future__ import annotations

from collections.abc import Sequence


def meant(typed: str, names: Sequence[Sequence[str]]) -> tuple[int, ...]:
    """The places in the list of all that may be meant: one where that is clear, none where nothing fits.

    ``names`` are those of each entry, of which the first is its id. A whole name goes before a number in the list, and
    that before the start of a name. Capitals, and what stands between words, make no difference.
    """
    wanted = _plain(typed)
    if not wanted:
        return ()
    plain = [[_plain(name) for name in entry] for entry in names]
    if whole := tuple(index for index, entry in enumerate(plain) if wanted in entry):
        return whole
    if wanted.isascii() and wanted.isdigit() and len(wanted) < 10 and 1 <= int(wanted) <= len(names):
        return (int(wanted) - 1,)
    return tuple(index for index, entry in enumerate(plain) if any(name.startswith(wanted) for name in entry))


def _plain(name: str) -> str:
    return "-".join("".join(char if char.isalnum() else " " for char in name.casefold()).split())
