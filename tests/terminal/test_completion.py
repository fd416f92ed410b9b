"""A shell completes commands, options and places on Tab, once it has read what ``essay-bot completion`` prints."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from tests.terminal.conftest import PROGRAM

# In each shell: read the script, then complete the line $1, whose words are the other arguments.
_COMPLETE = {
    "bash": 'eval "$(essay-bot completion bash)"; shift; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); '
    '_essay_bot_completion essay-bot; printf "%s\\n" "${COMPREPLY[@]}"',
    "fish": "essay-bot completion fish | source; complete -C $argv[1] | string split -f 1 \\t",
}


@pytest.mark.parametrize("shell", _COMPLETE)
@pytest.mark.parametrize(
    ("line", "offered"),
    [
        ("essay-bot dra", {"draft"}),
        ("essay-bot essays exp", {"export"}),
        ("essay-bot essays export 1 --for l", {"linkedin"}),
        ("essay-bot essays export 1 --st", {"--strict"}),
    ],
)
def test_tab_offers_what_the_line_may_go_on_with(
    shell: str, line: str, offered: set[str], home: Path, environment: dict[str, str]
) -> None:
    program = shutil.which(shell)
    if program is None:
        pytest.skip(f"{shell} is not installed")
    before = ["-c", _COMPLETE[shell], *(["essay-bot"] if shell == "bash" else [])]
    path = f"{PROGRAM.parent}:{environment['PATH']}"
    ran = subprocess.run(
        [program, *before, line, *line.split()],
        capture_output=True,
        text=True,
        cwd=home,
        env={**environment, "PATH": path},
        check=False,
        timeout=60,
    )
    assert (set(ran.stdout.split()), ran.stderr) == (offered, "")


def test_zsh_takes_the_script(home: Path, environment: dict[str, str]) -> None:
    zsh = shutil.which("zsh")
    if zsh is None:
        pytest.skip("zsh is not installed")
    script = 'autoload -U compinit && compinit -u -D && eval "$(essay-bot completion zsh)"; print $_comps[essay-bot]'
    path = f"{PROGRAM.parent}:{environment['PATH']}"
    ran = subprocess.run(
        [zsh, "-fc", script],
        capture_output=True,
        text=True,
        cwd=home,
        env={**environment, "PATH": path},
        check=True,
        timeout=60,
    )
    assert ran.stdout == "_essay_bot_completion\n"
