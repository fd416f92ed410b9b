"""Custom ids, writers' ids, access, and the links to the Developer Portal."""

from __future__ import annotations

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.discord_ui.access import AccessDenied, AccessRules
from bot.discord_ui.developer_portal import application_id, server_install_url, user_install_url
from bot.discord_ui.errors import UnknownCustomId
from bot.discord_ui.interactions.custom_ids import MAX_CUSTOM_ID_LENGTH, CustomId, parse_custom_id
from bot.discord_ui.interactions.responses import InteractionContext, writer_id
from bot.discord_ui.interactions.router import CRITIQUE_ACTIONS, ESSAY_ACTIONS, find_route

SERVER = InteractionContext(is_bot_dm=False, guild_id=7)
DM = InteractionContext(is_bot_dm=True, guild_id=None)


@given(
    st.sampled_from([*ESSAY_ACTIONS, *CRITIQUE_ACTIONS]),
    st.from_regex(r"\A[0-9a-z]{1,16}\Z"),
    st.integers(0, 999_999_999),
    st.from_regex(r"\A[0-9A-Za-z._-]{0,32}\Z"),
)
def test_a_custom_id_parses_back_to_itself(action: str, subject: str, version: int, argument: str) -> None:
    made = CustomId("essay", action, subject, version, argument)
    assert parse_custom_id(str(made)) == made
    assert len(str(made)) <= MAX_CUSTOM_ID_LENGTH


@pytest.mark.parametrize(
    "custom_id",
    [
        "",
        "essay",
        "essay:v2:open:abc:1:",
        "essay:v1:open:ABC:1:",
        "essay:v1:open:abc:-1:",
        "essay:v1:open:abc:٣:",
        "essay:v1:open:abc:1:;",
        "essay:v1:open:abc:9999999999:",
        "x" * 100,
        "essay:v1:open:abc:1:\n",
        "a\x00b",
    ],
)
def test_a_malformed_custom_id_is_not_parsed(custom_id: str) -> None:
    assert parse_custom_id(custom_id) is None


@pytest.mark.parametrize("custom_id", ["essay:v1:nothing:abc:1:", "essay:v1:undo:-:1:", "critique:v1:undo:abc:1:"])
def test_a_custom_id_with_an_unknown_action_is_refused(custom_id: str) -> None:
    with pytest.raises(UnknownCustomId):
        find_route(parse_custom_id(custom_id), "")


def test_an_absurd_number_in_a_custom_id_counts_as_zero() -> None:
    assert CustomId("essay", "page", "abc", 1, "99999999999999").int_argument == 0
    assert CustomId("essay", "page", "abc", 1, "-3").int_argument == 0


def test_a_writer_id_cannot_be_traced_to_an_account_without_the_secret() -> None:
    assert writer_id(b"a", 42) == writer_id(b"a", 42)
    assert writer_id(b"a", 42) != writer_id(b"b", 42)
    assert writer_id(b"a", 42) != writer_id(b"a", 43)
    assert writer_id(b"a", 42) != "42"
    assert len(writer_id(b"a", 42)) == 33


def test_only_the_owner_and_those_listed_in_the_settings_have_access() -> None:
    listed = AccessRules(everyone=False, guild_ids=frozenset({7}), user_ids=frozenset({1}), owner_ids=(99,))
    listed.check(99, DM)
    listed.check(1, DM)
    listed.check(5, SERVER)
    with pytest.raises(AccessDenied, match="Ask <@99>"):
        listed.check(5, DM)
    AccessRules(everyone=True, guild_ids=frozenset(), user_ids=frozenset()).check(5, DM)


def test_the_invite_links_are_made_from_the_token() -> None:
    token = base64.b64encode(b"123456789012345678").decode() + ".abc.def"
    assert application_id(token) == 123456789012345678
    assert application_id("simulated.bot.token") is None
    assert application_id("") is None
    assert "client_id=5&scope=bot+applications.commands" in server_install_url(5)
    assert "integration_type=1" in user_install_url(5)
