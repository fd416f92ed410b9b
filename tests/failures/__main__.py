"""Prints the page of faults, or writes it: ``python -m tests.failures --write``."""

from __future__ import annotations

import logging
import sys

from tests.failures.failures_page import PAGE, page
from tests.failures.run_faults import outcomes


def main() -> None:
    """Runs every fault."""
    logging.disable()
    made = page(outcomes())
    if "--write" in sys.argv[1:]:
        PAGE.write_text(made, encoding="utf-8")
    else:
        sys.stdout.write(made)


if __name__ == "__main__":
    main()
