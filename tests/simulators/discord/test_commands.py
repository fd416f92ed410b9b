"""Command definitions are checked as Discord checks them, and every sync is counted."""

from collections.abc import AsyncIterator

import pytest

from tests.simulators.discord import DiscordSimulator, NotOfferedError, Settings, Wire


@pytest.fixture
async def sim() -> AsyncIterator[DiscordSimulator]:
    async with DiscordSimulator(Settings(rate_limits=False)) as simulator:
        yield simulator


@pytest.fixture
async def wire(sim: DiscordSimulator) -> AsyncIterator[Wire]:
    async with Wire(sim) as found:
        yield found


def option(name: str = "topic", **more: object) -> dict[str, object]:
    return {"name": name, "description": "x", "type": 3, **more}


def choice(value: object = "x", name: str = "x") -> dict[str, object]:
    return {"name": name, "value": value}


@pytest.mark.parametrize(
    ("command", "where"),
    [
        ({"name": "Draft"}, ("name",)),
        ({"name": "dra ft"}, ("name",)),
        ({"name": "x" * 33}, ("name",)),
        ({"name": "draft", "description": ""}, ("description",)),
        ({"name": "draft", "description": "x" * 101}, ("description",)),
        ({"name": "Critique", "type": 3, "description": "x"}, ("description",)),
        ({"name": "Critique", "type": 3, "description": "", "options": [option()]}, ("options",)),
        ({"name": "draft", "options": [option(str(number)) for number in range(26)]}, ("options",)),
        ({"name": "draft", "options": [option(), option()]}, ("options", 1, "name")),
        ({"name": "draft", "options": [option("a"), option("b", required=True)]}, ("options", 1)),
        ({"name": "draft", "options": [option(description="")]}, ("options", 0, "description")),
        ({"name": "draft", "options": [option(choices=[choice()] * 26)]}, ("options", 0, "choices")),
        ({"name": "draft", "options": [option(choices=[choice()], autocomplete=True)]}, ("options", 0, "autocomplete")),
        ({"name": "draft", "options": [option(choices=[choice(1)])]}, ("options", 0, "choices", 0, "value")),
        ({"name": "draft", "options": [option(choices=[choice("x" * 101)])]}, ("options", 0, "choices", 0, "value")),
        ({"name": "draft", "options": [option(choices=[choice(name="")])]}, ("options", 0, "choices", 0, "name")),
        ({"name": "draft", "options": [option(max_length=6001)]}, ("options", 0, "max_length")),
        ({"name": "draft", "options": [option(type=12)]}, ("options", 0, "type")),
        ({"name": "draft", "contexts": [3]}, ("contexts",)),
        ({"name": "draft", "integration_types": [0, 0]}, ("integration_types",)),
        (
            {"name": "draft", "options": [option(str(n), choices=[choice("y" * 99)] * 25) for n in range(4)]},
            (),
        ),
    ],
)
async def test_a_command_beyond_a_limit_is_refused(
    wire: Wire, command: dict[str, object], where: tuple[str | int, ...]
) -> None:
    reply = await wire.register(command)
    assert reply.says == (400, 50035)
    assert reply.complaint(0, *where)


async def test_names_may_use_letters_of_any_script(wire: Wire) -> None:
    assert (await wire.register({"name": "草稿"}, {"name": "brouillon_é"}, {"name": "ไทย์"})).status == 200


async def test_a_command_name_is_unique_within_its_type(wire: Wire) -> None:
    assert (await wire.register({"name": "draft"}, {"name": "draft"})).complaint(1, "name")
    assert (await wire.register({"name": "draft"}, {"name": "draft", "type": 3, "description": ""})).status == 200


@pytest.mark.parametrize(("kind", "most"), [(1, 100), (2, 15), (3, 15)])
async def test_an_app_may_have_only_so_many_commands_of_each_type(wire: Wire, kind: int, most: int) -> None:
    menu = {} if kind == 1 else {"description": ""}
    sent = [{"name": f"c{number}", "type": kind, **menu} for number in range(most + 1)]
    assert (await wire.register(*sent[:-1])).status == 200
    assert (await wire.register(*sent)).says == (400, 30032)


async def test_an_unchanged_sync_is_visible_as_such(sim: DiscordSimulator, wire: Wire) -> None:
    first = (await wire.register({"name": "draft"})).body[0]
    second = (await wire.register({"name": "draft"})).body[0]
    third = (await wire.register({"name": "draft", "description": "new"})).body[0]
    assert [one.changed for one in sim.syncs] == [True, False, True]
    assert first["id"] == second["id"] == third["id"]
    assert first["version"] == second["version"] != third["version"]


async def test_commands_are_listed_added_read_and_removed(sim: DiscordSimulator, wire: Wire) -> None:
    base = f"/applications/{sim.world.bot.id}/commands"
    made = await wire("POST", base, {"name": "draft", "description": "x"})
    assert (await wire("GET", base)).body == [made.body]
    assert (await wire("GET", f"{base}/{made.body['id']}")).body == made.body
    assert (await wire("POST", base, {"name": "draft", "description": "y"})).body["id"] == made.body["id"]
    assert (await wire("DELETE", f"{base}/{made.body['id']}")).status == 204
    assert (await wire("GET", f"{base}/{made.body['id']}")).says == (404, 10063)
    assert (await wire("GET", "/applications/1/commands")).says == (403, 20012)


async def test_more_than_two_hundred_new_commands_a_day_are_refused(sim: DiscordSimulator, wire: Wire) -> None:
    for start in (0, 100):
        await wire.register(*({"name": f"c{start + number}"} for number in range(100)))
    assert (await wire.register({"name": "one-more"})).says == (400, 30034)
    sim.clock.advance(86400)
    assert (await wire.register({"name": "one-more"})).status == 200


async def test_a_command_is_offered_only_in_its_contexts_and_with_its_permissions(
    sim: DiscordSimulator, wire: Wire
) -> None:
    user, installer, guild = sim.user("writer"), sim.user("installer", installed=True), sim.guild("Writers")
    await wire.register(
        {"name": "dm-only", "contexts": [1]},
        {"name": "users", "integration_types": [1]},
        {"name": "admin", "default_member_permissions": "32"},
    )
    await user.slash(user.dm, "dm-only")
    for place, name in ((guild, "dm-only"), (user.dm, "users"), (guild, "admin")):
        with pytest.raises(NotOfferedError):
            await user.slash(place, name)
    act = await installer.slash(guild, "users")
    assert act.interaction.owners == {"1": str(installer.id)}
    guild.members[user.id] |= 32
    await user.slash(guild, "admin")


async def test_a_server_command_is_found_in_that_server_alone(sim: DiscordSimulator, wire: Wire) -> None:
    user, guild = sim.user("writer"), sim.guild("Writers")
    base = f"/applications/{sim.world.bot.id}/guilds/{guild.id}/commands"
    assert (await wire("PUT", base, [{"name": "try", "description": "x"}])).status == 200
    await user.slash(guild, "try")
    with pytest.raises(NotOfferedError):
        await user.slash(sim.guild("Other"), "try")
    assert sim.syncs[0].guild_id == guild.id
