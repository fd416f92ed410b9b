"""The image runs as nobody in particular, holds no secret, is told to stop and says whether it is well."""

from __future__ import annotations

import asyncio
import json
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from fnmatch import fnmatch
from pathlib import Path

import pytest
import yaml
from cryptography.fernet import Fernet

from bot.ops.run_discord import missing_settings
from bot.settings import Role, read_settings
from tests.deploy.bot_scenario import respond, settings, story
from tests.deploy.deploy_files import ROOT, dockerfile
from tests.simulators.claude import ClaudeSimulator
from tests.simulators.discord import DiscordSimulator, process
from tests.simulators.discord.redirect_bot import VARIABLE

INSTRUCTIONS = dockerfile((ROOT / "Dockerfile").read_text())
COMPOSE = yaml.safe_load((ROOT / "deploy" / "compose.yaml").read_text())
SEVERAL = yaml.safe_load((ROOT / "deploy" / "compose.postgres.yaml").read_text())
IMAGE = "career-essay-bot-test:local"
# As deploy/compose.yaml shuts it off.
SHUT_OFF = ("--init", "--read-only", "--tmpfs=/tmp", "--cap-drop=ALL", "--security-opt=no-new-privileges:true")


def arguments_of(name: str) -> list[str]:
    return [instruction.rest for instruction in INSTRUCTIONS if instruction.name == name]


def last_stage() -> list[str]:
    """The names of the instructions that make the image that is run."""
    names = [instruction.name for instruction in INSTRUCTIONS]
    return names[len(names) - names[::-1].index("FROM") :]


def tool(name: str) -> str:
    """The program, from the environment the tests run in or the machine. Skips where it is in neither."""
    beside = Path(sys.executable).with_name(name)
    if found := str(beside) if beside.exists() else shutil.which(name):
        return found
    pytest.skip(f"{name} is not installed")


def test_hadolint_finds_nothing_wrong_with_the_dockerfile() -> None:
    """hadolint, which comes with its rules and needs no network."""
    ended = subprocess.run(
        [tool("hadolint"), "--no-color", str(ROOT / "Dockerfile")], capture_output=True, text=True, check=False
    )
    assert (ended.stdout + ended.stderr, ended.returncode) == ("", 0)


def test_the_bot_runs_as_a_numbered_user_that_is_not_root_and_that_owns_the_volume() -> None:
    assert last_stage().count("USER") == 1
    (user,) = arguments_of("USER")
    number, group = (int(part) for part in user.split(":"))
    assert number >= 1_000
    made = " ".join(arguments_of("RUN"))
    assert f"useradd --uid {number} --gid {group} " in made
    assert f"install --directory --owner {number} --group {group} --mode 0700 /data" in made
    assert arguments_of("VOLUME") == ["/data"]
    assert "DATABASE_PATH=/data/essays.db" in " ".join(arguments_of("ENV"))


def test_the_containers_stop_signal_reaches_the_bot_and_not_a_shell() -> None:
    assert json.loads(arguments_of("ENTRYPOINT")[0]) == ["essay-bot"]
    assert json.loads(arguments_of("CMD")[0]) == ["run"]
    assert arguments_of("STOPSIGNAL") == ["SIGTERM"]


def test_the_images_health_check_runs_essay_bot_check_running() -> None:
    options, _, command = arguments_of("HEALTHCHECK")[0].partition(" CMD ")
    assert json.loads(command) == ["essay-bot", "check", "--running"]
    assert {option.partition("=")[0] for option in options.split()} == {
        "--interval",
        "--timeout",
        "--start-period",
        "--retries",
    }


def test_the_image_uses_a_named_python_release_and_only_files_of_this_project() -> None:
    arguments = dict(rest.split("=") for rest in arguments_of("ARG"))
    bases = [rest.split()[0].replace("${PYTHON}", arguments["PYTHON"]) for rest in arguments_of("FROM")]
    assert len(bases) == 2
    for base in bases:
        assert re.fullmatch(r"python:3\.\d+-slim", base), "a tag that names its release, of no registry in particular"
    assert arguments_of("ADD") == []
    assert "://" not in " ".join(instruction.rest for instruction in INSTRUCTIONS)


def dockerignore_exceptions() -> Iterator[str]:
    """The patterns of what .dockerignore lets in, having shut everything out."""
    lines = [line for line in (ROOT / ".dockerignore").read_text().splitlines() if line and not line.startswith("#")]
    assert lines[0] == "*"
    yield from (line[1:] for line in lines if line.startswith("!"))


def test_no_secret_and_no_database_can_get_into_the_image() -> None:
    for name in (".env", "deploy/essay-bot.env", "essays.db", "essays.db.key", ".git/config", "tests/conftest.py"):
        assert not any(fnmatch(name, pattern) or fnmatch(name, f"{pattern}/*") for pattern in dockerignore_exceptions())
    secret = re.compile(r"KEY|TOKEN|SECRET|PASSWORD")
    assert not [rest for name in ("ARG", "ENV") for rest in arguments_of(name) if secret.search(rest)]


def test_dockerignore_admits_and_the_dockerfile_copies_exactly_what_the_build_needs() -> None:
    copied = {source for rest in arguments_of("COPY") if not rest.startswith("--from") for source in rest.split()[:-1]}
    assert copied == set(dockerignore_exceptions())
    assert all((ROOT / source).exists() for source in copied)
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    wheel = project["tool"]["hatch"]["build"]["targets"]["wheel"]
    needed = {"pyproject.toml", project["project"]["readme"], *project["project"]["license-files"]}
    assert needed | {*wheel["packages"], *wheel["force-include"]} == copied


def test_the_compose_file_confines_the_container_and_keeps_its_data_in_one_volume() -> None:
    (service,) = COMPOSE["services"].values()
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert service["volumes"] == ["data:/data"]
    assert list(COMPOSE["volumes"]) == ["data"]
    assert service["environment"]["DATABASE_PATH"] == "/data/essays.db"
    assert "ports" not in service
    assert (ROOT / "deploy" / service["build"] / "Dockerfile").is_file()
    assert service["image"].endswith(":local")


def test_the_compose_file_of_several_processes_confines_each_and_divides_the_work() -> None:
    services = SEVERAL["services"]
    assert {name: one.get("command") for name, one in services.items()} == {
        "gateway": ["run", "--role", "gateway"],
        "worker": ["run", "--role", "worker"],
        "postgres": None,
    }
    for service in services.values():
        assert service["read_only"] is True
        assert service["cap_drop"] == ["ALL"]
        assert service["security_opt"] == ["no-new-privileges:true"]
        assert "ports" not in service
    (single,) = COMPOSE["services"].values()
    for name in ("gateway", "worker"):
        service, (user,) = services[name], arguments_of("USER")
        assert {"build", "image", "env_file", "init", "stop_grace_period", "restart", "logging"} <= service.keys()
        assert {name: service[name] for name in ("build", "image", "env_file")} == {
            name: single[name] for name in ("build", "image", "env_file")
        }
        number, group = user.split(":")
        assert f"/data:uid={number},gid={group},mode=0700" in service["tmpfs"]  # where the sign of life is
        assert service["environment"]["DATABASE_PATH"].startswith("/data/")
        assert service["depends_on"] == {"postgres": {"condition": "service_healthy"}}
    assert services["worker"]["environment"]["SHARD_IDS"] == ""
    assert services["worker"]["scale"] == 2
    assert list(SEVERAL["volumes"]) == ["postgres"]
    assert "healthcheck" in services["postgres"]


def test_the_shares_of_the_compose_file_are_what_discord_allows_a_token() -> None:
    services = SEVERAL["services"]
    shares = [
        services[name].get("scale", 1) * services[name]["environment"]["DISCORD_REQUESTS_PER_SECOND"]
        for name in ("gateway", "worker")
    ]
    assert sum(shares) == 50


def test_the_settings_of_the_compose_file_of_several_processes_are_accepted(monkeypatch: pytest.MonkeyPatch) -> None:
    """As the containers have them, with what the page tells an operator to set."""
    monkeypatch.setenv("DISCORD_TOKEN", "MTIzNDU2Nzg5MDEyMzQ1Njc4.secret.part")
    monkeypatch.setenv("DATABASE_KEY", Fernet.generate_key().decode())
    for name, role in (("gateway", Role.GATEWAY), ("worker", Role.WORKER)):
        for variable, value in SEVERAL["services"][name]["environment"].items():
            monkeypatch.setenv(variable, re.sub(r"\$\{[^}]*\}", "0123456789abcdef", str(value)))
        assert list(missing_settings(read_settings(), role)) == []


@pytest.mark.parametrize("name", ["compose.yaml", "compose.postgres.yaml"])
def test_docker_compose_accepts_the_compose_file(name: str, tmp_path: Path) -> None:
    docker = tool("docker")
    if subprocess.run([docker, "compose", "version"], capture_output=True, check=False).returncode:
        pytest.skip("docker has no compose")
    (tmp_path / "deploy").mkdir()
    shutil.copy(ROOT / "deploy" / name, tmp_path / "deploy")
    (tmp_path / "deploy" / ".env").write_text("POSTGRES_PASSWORD=secret\n")
    shutil.copy(ROOT / ".env.example", tmp_path / "deploy" / "essay-bot.env")
    command = [docker, "compose", "-f", str(tmp_path / "deploy" / name), "config", "--quiet"]
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stderr


@pytest.fixture(scope="module")
def engine() -> str:
    """docker, where an engine answers that already has the base image, with the bot's image built.

    pip brings the dependencies in, so whoever has pulled the base image needs its package index as well.
    """
    docker = tool("docker")
    base = f"python:{dict(rest.split('=') for rest in arguments_of('ARG'))['PYTHON']}-slim"
    if subprocess.run([docker, "info"], capture_output=True, check=False, timeout=60).returncode:
        pytest.skip("no docker engine answers")
    if subprocess.run([docker, "image", "inspect", base], capture_output=True, check=False).returncode:
        pytest.skip(f"the engine has no {base}: pull it to have the image built here")
    subprocess.run([docker, "build", "--tag", IMAGE, str(ROOT)], check=True)
    return docker


def test_the_built_image_works_with_a_read_only_root_filesystem(engine: str) -> None:
    run = [engine, "run", "--rm", *SHUT_OFF]
    checked = subprocess.run([*run, IMAGE, "check"], capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stderr
    assert "/data/essays.db" in checked.stdout
    asked = subprocess.run([*run, IMAGE, "check", "--running"], capture_output=True, text=True, check=False)
    assert asked.returncode == 1
    assert asked.stderr.startswith("No bot is serving /data/essays.db")
    who = subprocess.run([*run, "--entrypoint", "id", IMAGE, "-u"], capture_output=True, text=True, check=True)
    assert who.stdout.strip() == arguments_of("USER")[0].partition(":")[0]


async def test_the_container_serves_writers_reports_healthy_and_exits_when_stopped(engine: str, tmp_path: Path) -> None:
    place = tmp_path / "place"  # whose parents are of no concern to the container, where the bot is another user
    place.mkdir(mode=0o755)
    name = f"{IMAGE.partition(':')[0]}-{tmp_path.name}"
    asked = [engine, "exec", name, "essay-bot", "check", "--running"]
    async with ClaudeSimulator(responder=respond) as claude, DiscordSimulator() as sim:
        told = {"PYTHONPATH": "/place", VARIABLE: sim.address, **settings(claude, sim)}
        given = [f"--env={variable}={value}" for variable, value in told.items()]
        # The simulators are on this machine's own loopback address.
        run = [engine, "run", "--rm", f"--name={name}", "--network=host", f"--volume={place}:/place:ro", *SHUT_OFF]
        async with process(sim, [*run, *given, IMAGE], place, {}) as bot:
            await story(sim)
            said = subprocess.run(asked, capture_output=True, text=True, check=False)
            assert (said.returncode, said.stderr) == (0, "")
            stopping = await asyncio.create_subprocess_exec(engine, "stop", name, stdout=subprocess.DEVNULL)
            assert (await stopping.wait(), await bot.wait()) == (0, 0)
