"""A loopback imitation of Discord that is as strict as Discord, for an unmodified discord.py bot.

A whole test::

    async def test_a_writer_gets_a_draft(monkeypatch: pytest.MonkeyPatch) -> None:
        async with DiscordSimulator() as sim:
            sim.point(monkeypatch)
            async with running(MyBot(), sim):
                user = sim.user("writer")
                act = await user.slash(user.dm, "draft", structure="layoff", notes=Attachment("n.txt", b"I left."))
                assert (await act.acknowledged()).latency < 1
                panel = await act.message()
                modal = await (await user.click(panel, "Edit")).modal()
                await user.submit(modal, {"Draft": "I left on a Tuesday."})
                await user.sees(lambda screen: "on a Tuesday" in screen.text)
            assert sim.violations == [] and sim.pings == [] and sim.timeline.unanswered() == []

Where Discord's behaviour is not verified, the stricter reading is taken and said at the place: characters are counted
in code points and UTF-16 (settings.py), text of white space alone is refused (check_component_tree.py), a V2 message's
flags must keep the V2 bit (messages.py), empty files are refused (settings.py), files die with their message
(messages.py), file names are made plain (uploads.py), flags that a route does not list are refused on creation
(check_message.py), ephemeral messages and forms are gone when a client restarts (users.py), the status of 40094 is 400
(interactions.py), the inner code words of form errors (errors.py), and the numbers of rate limits (rate_limits.py).

Not imitated: threads, reactions, polls, stickers, voice, caches of servers (READY lists none), more than one bot,
compressed gateway frames, the further limit on edits of old messages (30046) and hidden limits of webhooks for a
whole channel.
"""

from tests.simulators.discord.action_results import Acknowledgement, Act, DidNotRespondError
from tests.simulators.discord.command_options import Attachment
from tests.simulators.discord.commands import NotOfferedError, Sync
from tests.simulators.discord.gateway import Session
from tests.simulators.discord.models import Channel, DmPolicy, Guild, Interaction, Message, Modal, Upload
from tests.simulators.discord.rate_limits import Violation
from tests.simulators.discord.raw_client import Reply, Socket, Wire
from tests.simulators.discord.run_bot import process, running
from tests.simulators.discord.screen_text import modal_text, screen_text
from tests.simulators.discord.server import DiscordSimulator
from tests.simulators.discord.settings import Settings
from tests.simulators.discord.timeline import Moment, Timeline
from tests.simulators.discord.users import Screen, User

__all__ = [
    "Acknowledgement",
    "Act",
    "Attachment",
    "Channel",
    "DidNotRespondError",
    "DiscordSimulator",
    "DmPolicy",
    "Guild",
    "Interaction",
    "Message",
    "Modal",
    "Moment",
    "NotOfferedError",
    "Reply",
    "Screen",
    "Session",
    "Settings",
    "Socket",
    "Sync",
    "Timeline",
    "Upload",
    "User",
    "Violation",
    "Wire",
    "modal_text",
    "process",
    "running",
    "screen_text",
]
