"""Prints the page of faults, or writes it: ``python -m tests.failures --write``."""

from __future__ import annotations

import asyncio
import logging
import sys

from tests.failures.cases import cases
from tests.failures.page import PAGE, page
from tests.failures.stack import Outcome, run


async def _run_all() -> list[Outcome]:
    return [await run(case) for case in cases()]


def main() -> None:
    """Runs every fault."""
    logging.disable()
    made = page(asyncio.run(_run_all()))
    if "--write" in sys.argv[1:]:
        PAGE.write_text(made, encoding="utf-8")
    else:
        sys.stdout.write(made)


if __name__ == "__main__":
    main()
