"""What a contributor is told to type exists: the commands of the Makefile, the pages, the hooks and the workflow."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import click
import pytest

from bot.cli.main import cli

ROOT = Path(__file__).parents[1]
MAKEFILE = (ROOT / "Makefile").read_text(encoding="utf-8")
TARGETS = set(re.findall(r"^([a-z][a-z-]*):", MAKEFILE, flags=re.MULTILINE))
PAGES = ["README.md", "CONTRIBUTING.md", ".github/pull_request_template.md"]
SCRIPTS = [".ci/run", ".pre-commit-config.yaml", ".github/workflows/check.yml"]


def commands(name: str) -> str:
    """All that a file tells somebody to type, or types itself, a piece a line."""
    text = (ROOT / name).read_text(encoding="utf-8")
    if not name.endswith(".md"):
        return re.sub(r"^ *(- )?(run|entry): ", "", text, flags=re.MULTILINE)
    blocks = re.findall(r"^```sh\n(.*?)^```", text, flags=re.MULTILINE | re.DOTALL)
    return "\n".join([*blocks, *re.findall(r"`([^`\n]+)`", text)])


@pytest.mark.skipif(shutil.which("make") is None, reason="there is no make to be run")
def test_make_alone_lists_every_command_with_what_it_does() -> None:
    ran = subprocess.run(["make", "-s"], cwd=ROOT, capture_output=True, text=True, check=True)
    listed = dict(re.findall(r"^ *make ([a-z-]+) +(\S.*)$", ran.stdout, flags=re.MULTILINE))
    assert set(listed) == TARGETS
    phony = re.search(r"^\.PHONY: (.*)$", MAKEFILE, flags=re.MULTILINE)
    assert phony is not None
    assert set(phony[1].split()) == TARGETS


@pytest.mark.parametrize("name", PAGES + SCRIPTS)
def test_every_make_command_named_in_pages_and_scripts_exists_in_the_makefile(name: str) -> None:
    assert set(re.findall(r"^ *make ([a-z][a-z-]*)", commands(name), flags=re.MULTILINE)) <= TARGETS


def test_the_pages_and_scripts_expected_to_name_make_commands_do() -> None:
    """So that the test above looks where they stand."""
    for name in ["CONTRIBUTING.md", ".ci/run", ".pre-commit-config.yaml", ".github/pull_request_template.md"]:
        assert re.search(r"^ *make [a-z]", commands(name), flags=re.MULTILINE), name


@pytest.mark.parametrize("name", ["Makefile", *PAGES, *SCRIPTS])
def test_every_python_module_named_in_commands_exists(name: str) -> None:
    """Other packages may be named in pyproject.toml alone: an environment for the tests has no build."""
    text = MAKEFILE if name == "Makefile" else commands(name)
    required = (ROOT / "pyproject.toml").read_text()
    for module in re.findall(r"python\"? -m ([a-z_.]+)", text):
        assert find_spec(module) is not None or f'"{module}>=' in required, module


def test_every_path_named_in_the_makefile_exists() -> None:
    """A directory that was renamed would else be among the quick tests, unseen."""
    for path in re.findall(r"\b(?:tests|docs)/[a-z_/]+(?:\.py)?", MAKEFILE):
        assert (ROOT / path).exists(), path


def test_every_test_named_in_the_docs_exists() -> None:
    named = {
        found
        for page in [*ROOT.glob("docs/*.md"), ROOT / "CONTRIBUTING.md"]
        for found in re.findall(r"`(tests/[a-z_/]+\.py)::(\w+)`", page.read_text(encoding="utf-8"))
    }
    assert named
    for path, test in named:
        assert f"def {test}(" in (ROOT / path).read_text(encoding="utf-8"), (path, test)


def test_the_github_workflow_runs_the_ci_script() -> None:
    assert ".ci/run" in commands(".github/workflows/check.yml").split()
    assert os.access(ROOT / ".ci" / "run", os.X_OK)


@pytest.mark.parametrize("page", ["README.md", *(f"docs/{one.name}" for one in sorted(ROOT.glob("docs/*.md")))])
def test_every_command_of_the_program_that_a_page_names_exists_with_its_options(page: str) -> None:
    for line in re.findall(r"^(?:\S*/)?essay-bot (.+)$", commands(page), flags=re.MULTILINE):
        words = shlex.split(line, comments=True)
        command: click.Command = cli
        for word in words:
            if isinstance(command, click.Group) and not word.startswith("-") and not word.isupper():  # as FILE is
                assert word in command.commands, line
                command = command.commands[word]
        known = {"--help", "--env-file", "--version", *(name for one in command.params for name in one.opts)}
        assert {word for word in words if re.match(r"--?[a-z]", word)} <= known, line


def test_without_chromium_the_picture_of_a_report_is_left_as_it_is_and_that_is_said(tmp_path: Path) -> None:
    script = shutil.copy(ROOT / "docs" / "pictures" / "report.py", tmp_path)
    ran = subprocess.run([sys.executable, script], env={"PATH": ""}, capture_output=True, text=True, check=False)
    assert ran.returncode == 1
    assert "there is no Chromium here to take its picture with. It was left as it is" in ran.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["report.py"]


def test_the_readme_has_one_command_that_runs_the_tests() -> None:
    """The check of a change finds it by these words."""
    (line,) = [line for line in (ROOT / "README.md").read_text(encoding="utf-8").splitlines() if "'.[test]'" in line]
    assert "-m pytest" in line
