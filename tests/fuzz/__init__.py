"""Every door of the bot, thrown at: what comes in by Discord, by a file and by a model, as a stranger and as an owner.

The doors are read from the tables that the bot itself uses, so that a new one is tried without being named here.
`FUZZ_EXAMPLES=200 python -m pytest tests/fuzz -m fuzz` makes a long run, at random; without it the examples are few and
the same each time. `FUZZ_COUNTS=counts.md` has each door's counts appended to that file.
"""
