"""The entry point: runs the command line and tells, in one sentence and an exit code, how it ended.

The commands are in bot.cli.main, which is imported inside ``main`` so that Ctrl-C during its import is told too.
"""

from __future__ import annotations

import sys

EXIT_INTERRUPTED = 130  # 128 + SIGINT, what a shell reports for a program ended by Ctrl-C


def main() -> None:
    """Runs the command line.

    Exits with 0, with a command's own code, with 2 where an error is told, 75 where that is of a disk, a database or a
    Discord that may be back a little later, 130 after Ctrl-C.
    """
    try:
        from bot.cli.main import run

        code = run()
    except KeyboardInterrupt:
        print("\nStopped by Ctrl-C. What was stored is safe.", file=sys.stderr)  # noqa: T201 - the last word of a command line
        code = EXIT_INTERRUPTED
    sys.exit(code)


if __name__ == "__main__":
    main()
