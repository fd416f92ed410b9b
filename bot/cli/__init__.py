"""The command line: what each command does, and with which parts of the program."""
