"""The entry point of the program.

The commands are in bot.cli.main, which is imported inside ``main`` so that Ctrl-C during the import is handled too.
"""

from __future__ import annotations

import sys

EXIT_INTERRUPTED = 130  # 128 + SIGINT, what a shell reports for a program ended by Ctrl-C


def main() -> None:
    """Run the command line and exit.

    The exit code is 0 or the command's own, 2 after an error, 75 after one that may be over a little later (a full
    disk, a busy database, Discord out of reach), and 130 after Ctrl-C.
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
