"""What check says: which settings were read, what is wrong, what works all the same; and that it makes nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.proxy_server import Proxy, loopback_proxy
from tests.terminal.conftest import Ran
from tests.terminal.pty_processes import settings_for, simulated_claude_process

Run = Callable[..., Ran]
TOKEN = "MTIzNDU2Nzg5MDEyMzQ1Njc4.secret.part"


@pytest.fixture(scope="module")
def claude() -> Iterator[str]:
    with simulated_claude_process(speed=1600) as address:
        yield address


def lines(ran: Ran) -> list[str]:
    return [" ".join(line.split()) for line in ran.out.splitlines()]


def test_check_names_the_env_file_and_creates_no_files(essay_bot: Run, home: Path, claude: str) -> None:
    assert "settings ready read from the environment; no .env here or beside the database" in lines(essay_bot("check"))
    (home / ".env").write_text("JOBS_AT_ONCE=3\n")
    ran = essay_bot("check")
    assert (ran.code, f"read from the environment and {home}/.env" in ran.out) == (0, True)
    assert essay_bot("check", "--live", more=settings_for(claude)).code == 0
    assert [path.name for path in home.iterdir()] == [".env"]


def test_the_env_file_beside_the_database_counts_where_there_is_none_here(essay_bot: Run, home: Path) -> None:
    beside = home / "data" / ".env"
    beside.parent.mkdir()
    beside.write_text("JOBS_AT_ONCE=none\n")
    ran = essay_bot("check")
    assert (ran.code, f"read from the environment and {beside}" in ran.out) == (2, True)
    assert f"It stands in {beside}." in ran.out
    (home / ".env").write_text("JOBS_AT_ONCE=3\n")
    ran = essay_bot("check")
    assert (ran.code, f"read from the environment and {home}/.env" in ran.out) == (0, True)
    assert f".env hint {beside} is there too, and is not read: one file counts, and this is {home}/.env" in lines(ran)


def test_the_env_file_of_the_default_database_is_found_from_any_directory(
    essay_bot: Run, home: Path, tmp_path: Path
) -> None:
    database = tmp_path / "share" / "career-essay-bot" / "essays.db"
    database.parent.mkdir(parents=True)
    (database.parent / ".env").write_text("MODEL_WRITER=mine\n")
    ran = essay_bot("check", more={"DATABASE_PATH": "", "XDG_DATA_HOME": str(tmp_path / "share")})
    assert f"read from the environment and {database.parent}/.env" in ran.out


def test_a_named_env_file_is_the_only_one_that_is_read(essay_bot: Run, home: Path) -> None:
    (home / ".env").write_text("JOBS_AT_ONCE=none\n")
    (home / "mine.env").write_text("JOBS_AT_ONCE=3\n")
    ran = essay_bot("--env-file", "mine.env", "check")
    assert (ran.code, f"read from the environment and {home}/mine.env" in ran.out) == (0, True)
    ran = essay_bot("check", more={"ESSAY_BOT_ENV_FILE": "mine.env"})
    assert (ran.code, f"read from the environment and {home}/mine.env" in ran.out) == (0, True)
    assert essay_bot("--env-file", "mine.env", "essays").code == 0
    behind = essay_bot("essays", "export", "--env-file", "mine.env").err
    assert "--env-file stands before the command: essay-bot --env-file FILE essays export. See" in behind
    ran = essay_bot("--env-file", "not.env", "essays")
    assert (ran.code, f"{home}/not.env cannot be used as it stands: there is no such file" in ran.err) == (2, True)
    told = lines(essay_bot("check", more={"ESSAY_BOT_ENV_FILE": "nope"}))
    assert any(
        line.startswith("settings wrong read from the environment alone; what is wrong stands below") for line in told
    )
    assert any(
        line.startswith(f"nope wrong {home}/nope cannot be used as it stands: there is no such") for line in told
    )


def test_check_says_that_a_database_cannot_be_made_where_the_file_system_takes_no_files(essay_bot: Run) -> None:
    ran = essay_bot("check", more={"DATABASE_PATH": "/proc/x.db"})
    assert ran.code == 1
    assert any(line.startswith("database failed") and "nothing can be written in /proc" in line for line in lines(ran))


def test_check_contradicts_itself_nowhere(essay_bot: Run) -> None:
    model = {"ANTHROPIC_API_KEY": "sk-x"}
    assert "network ready" not in " ".join(lines(essay_bot("check", more=model | {"SSL_CERT_FILE": "/nope.pem"})))
    told = lines(essay_bot("check", more={"SHARD_COUNT": "2", "SHARD_IDS": "5"}))
    assert "processes failed not looked at: a setting of the shards is wrong" in told
    assert not any(line.startswith("processes ready") for line in told)
    told = lines(essay_bot("check", more={"DISCORD_TOKEN": TOKEN, "JOBS_AT_ONCE": "none"}))
    assert told[-1].startswith("No command that reads the settings can run until what is wrong is mended;")
    assert "can run in Discord" not in told[-1]


def test_lines_of_a_check_in_a_file_have_no_spaces_at_their_end(essay_bot: Run) -> None:
    written = essay_bot("check").out.splitlines()
    assert [line for line in written if line != line.rstrip()] == []
    assert any(line.startswith("settings") and " ready" in line for line in written)


def test_check_inspects_an_existing_database_and_leaves_it_unchanged(essay_bot: Run, home: Path) -> None:
    essay_bot("draft", "-", given="Words.")
    before = {path.name: path.read_bytes() for path in (home / "data").iterdir()}
    assert essay_bot("check").code == 0
    assert {path.name: path.read_bytes() for path in (home / "data").iterdir()} == before
    (home / "data" / "essays.db.key").unlink()
    ran = essay_bot("check")
    assert (ran.code, "is encrypted with the key whose fingerprint is" in ran.out) == (1, True)
    assert "essay-bot structures, critique --no-model and try --demo work all the same" in ran.out


def test_check_reports_an_invalid_setting_and_still_checks_the_rest(essay_bot: Run, home: Path) -> None:
    (home / ".env").write_text(f"JOBS_AT_ONCE=none\nBUDGET_MONTH=-1\nDISCORD_TOKEN={TOKEN}\nDISCORD_TOKN=x\n")
    ran = essay_bot("check")
    assert ran.code == 2
    told = lines(ran)
    for name in ("JOBS_AT_ONCE", "BUDGET_MONTH"):
        assert any(line.startswith(f"{name} wrong The setting {name} cannot be used") for line in told)
    assert f"It stands in {home}/.env." in ran.out
    assert any(line.startswith("Discord ready answers") for line in told)
    assert any(line.startswith("database ready") for line in told)
    assert any(line.startswith(".env hint DISCORD_TOKN in line 4 is no setting") for line in told)
    assert "missing" not in ran.out
    assert essay_bot("critique", "-", "--no-model", given="Words.").code == 0
    assert essay_bot("try", "--demo").code == 0
    assert essay_bot("essays").code == 2


@pytest.mark.parametrize(
    "token", ["abc", "x.y.z", "Bot MTIzNDU2Nzg5MDEyMzQ1Njc4.a.b", "“MTIzNDU2Nzg5MDEyMzQ1Njc4.a.b”"]
)
def test_a_malformed_discord_token_is_reported_without_calling_discord(essay_bot: Run, token: str) -> None:
    for command in ("check", "run"):
        ran = essay_bot(command, more={"DISCORD_TOKEN": token})
        assert (ran.code, "DISCORD_TOKEN is no bot token" in ran.out + ran.err) == (2, True)
        assert token not in ran.out + ran.err
        assert "Traceback" not in ran.err


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("SSL_CERT_FILE", "/nope.pem", "/nope.pem cannot be read (no such file or directory)"),
        ("SSL_CERT_FILE", "/etc/hostname", "/etc/hostname holds no certificates"),
        ("SSLKEYLOGFILE", "/nowhere/keys.log", "/nowhere/keys.log cannot be written"),
        ("HTTPS_PROXY", "socks5://127.0.0.1:1080", "a proxy by socks5 is not spoken to"),
        ("ALL_PROXY", "http://", "it is no address of a proxy"),
    ],
)
def test_an_invalid_network_variable_is_named(essay_bot: Run, name: str, value: str, words: str) -> None:
    more = {"ANTHROPIC_API_KEY": "sk-x", "DISCORD_TOKEN": TOKEN, name: value}
    for arguments in (["check"], ["draft", "-"], ["run"]):
        ran = essay_bot(*arguments, given="Words.", more=more)
        assert ran.code == 2, ran
        assert f"The environment variable {name} cannot be used: " in ran.out + ran.err
        assert words in ran.out + ran.err
        assert "standard output" not in ran.err
        assert "Traceback" not in ran.err
    assert essay_bot("draft", "-", "--no-model", given="Words.", more=more).code == 0


@pytest.mark.parametrize("value", ["http://proxy.example:abc", "ftp://proxy.example", "http://[::1"])
def test_check_ignores_a_proxy_that_is_not_used(essay_bot: Run, claude: str, value: str) -> None:
    for name in ("HTTPS_PROXY", "HTTP_PROXY", "ALL_PROXY"):  # what runs on this machine is reached directly
        ran = essay_bot(
            "draft", "-", given="The lift at Mill Lane, in 2019.", more=settings_for(claude) | {name: value}
        )
        assert (ran.code, "Traceback" in ran.err) == (0, False), ran


def test_check_warns_of_a_key_sent_over_plain_http(essay_bot: Run) -> None:
    ran = essay_bot("check", more={"ANTHROPIC_API_KEY": "sk-x", "ANTHROPIC_BASE_URL": "http://models.example"})
    assert "The key and the texts go over the network unencrypted" in ran.out
    assert "sk-x" not in ran.out


@pytest.fixture
def proxy(claude: str) -> Iterator[Proxy]:
    with loopback_proxy({"claude.test": claude}) as made:
        yield made


def test_a_model_is_reached_through_the_proxy_and_check_says_so(essay_bot: Run, proxy: Proxy, claude: str) -> None:
    far = settings_for("http://claude.test") | {
        "DISCORD_TOKEN": TOKEN,
        "HTTPS_PROXY": "http://a:secret@proxy.example:3128",
    }
    ran = essay_bot("check", "--live", more=far | {"http_proxy": proxy.address})
    assert ran.code == 0, ran.out
    assert any("POST http://claude.test/v1/messages" in line for line in proxy.passed)
    assert (
        f"the model through the proxy {proxy.address}; Discord through the proxy http://proxy.example:3128" in ran.out
    )
    assert "secret" not in ran.out
    proxy.passed.clear()
    ran = essay_bot("check", more=far | {"http_proxy": proxy.address, "NO_PROXY": "claude.test,discord.com"})
    assert "the model and Discord directly" in ran.out
    ran = essay_bot("check", "--live", more=settings_for(claude) | {"HTTP_PROXY": proxy.address})
    assert (ran.code, proxy.passed) == (0, []), "what runs on this machine is reached directly"


def test_a_malformed_database_key_is_reported_as_an_invalid_setting(essay_bot: Run) -> None:
    ran = essay_bot("check", more={"DATABASE_KEY": "abc"})
    assert ran.code == 2
    assert any(line.startswith("database wrong What stands in DATABASE_KEY is not an") for line in lines(ran))
