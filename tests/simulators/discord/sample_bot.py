"""A small discord.py bot that uses every feature the simulator imitates. Run as a module it is a process of its own.

It keeps no state: what it needs after a restart stands in custom ids, which is what the simulator has to keep for it.
"""

import asyncio
import hashlib
import io
import os
import sys
from typing import Any

from tests.simulators.discord.discord_py import app_commands, commands, discord, ui

STRUCTURES = ("layoff", "career change", "promotion", "return to work")

Interaction = discord.Interaction[commands.Bot]


class EditModal(ui.Modal, title="Edit the draft"):
    """One of every kind of field that the project uses."""

    def __init__(self, before: str) -> None:
        super().__init__(custom_id="edit:form")
        self.add_item(ui.TextDisplay("Write as you speak."))
        self.body = ui.TextInput[ui.Modal](
            custom_id="body", style=discord.TextStyle.long, default=before, max_length=4000, min_length=2
        )
        self.files = ui.FileUpload[ui.Modal](custom_id="files", required=False, max_values=2)
        self.tone = ui.Select[ui.Modal](
            custom_id="tone",
            required=False,
            options=[
                discord.SelectOption(label="Plain", value="plain"),
                discord.SelectOption(label="Warm", value="warm"),
            ],
        )
        self.add_item(ui.Label(text="Draft", description="Markdown", component=self.body))
        self.add_item(ui.Label(text="Files", component=self.files))
        self.add_item(ui.Label(text="Tone", component=self.tone))

    async def on_submit(self, interaction: discord.Interaction) -> None:
        read = [f"{one.filename}: {(await one.read()).decode()}" for one in self.files.values]
        shown = " / ".join([self.body.value, *self.tone.values, *read])
        if interaction.message is None:
            await interaction.response.send_message(shown, ephemeral=True)
        else:
            await interaction.response.edit_message(view=Panel(shown))


class Panel(ui.LayoutView):
    """A card whose text lives in the message alone."""

    def __init__(self, text: str = "empty") -> None:
        super().__init__(timeout=None)
        row = ui.ActionRow[Panel]()
        for label, style in (
            ("Edit", discord.ButtonStyle.primary),
            ("Again", discord.ButtonStyle.secondary),
            ("Later", discord.ButtonStyle.secondary),
            ("Export", discord.ButtonStyle.secondary),
        ):
            button = ui.Button[Panel](label=label, style=style, custom_id=f"panel:{label.lower()}")
            button.callback = getattr(self, label.lower())  # type: ignore[method-assign] # no other way outside a subclass
            row.add_item(button)
        options = [discord.SelectOption(label=one.title(), value=one) for one in STRUCTURES]
        self.choose = ui.Select[Panel](custom_id="panel:structure", placeholder="Structure", options=options)
        self.choose.callback = self.chosen  # type: ignore[method-assign, assignment] # as above
        body = ui.TextDisplay[Panel](text)
        self.add_item(ui.Container(body, ui.Separator(), row, ui.ActionRow(self.choose), accent_colour=0x336699))

    async def edit(self, interaction: Interaction) -> None:
        await interaction.response.send_modal(EditModal(text_of(interaction)))

    async def again(self, interaction: Interaction) -> None:
        await interaction.response.edit_message(view=Panel(text_of(interaction) + " again"))

    async def later(self, interaction: Interaction) -> None:
        await interaction.response.defer()
        await interaction.edit_original_response(view=Panel("later"))
        await interaction.followup.send("done later", ephemeral=True)

    async def export(self, interaction: Interaction) -> None:
        view = ui.LayoutView()
        view.add_item(ui.TextDisplay("Your essay."))
        view.add_item(ui.File("attachment://essay.md"))
        file = discord.File(io.BytesIO(text_of(interaction).encode()), "essay.md")
        await interaction.response.send_message(view=view, file=file, ephemeral=True)

    async def chosen(self, interaction: Interaction) -> None:
        await interaction.response.edit_message(view=Panel(self.choose.values[0]))


def text_of(interaction: Interaction) -> str:
    """The first text of the message that was clicked."""
    assert interaction.message is not None
    view = ui.LayoutView.from_message(interaction.message)
    return next(item.content for item in view.walk_children() if isinstance(item, ui.TextDisplay))


class Data(app_commands.Group):
    """A command with subcommands."""

    def __init__(self) -> None:
        super().__init__(name="data", description="Your data")

    @app_commands.command(description="Everything stored about you")
    async def export(self, interaction: discord.Interaction, kind: str = "all") -> None:
        await interaction.response.send_message(f"exported {kind}", file=discord.File(io.BytesIO(b"{}"), "data.json"))


class SampleBot(commands.Bot):
    """What the tests talk to."""

    def __init__(self) -> None:
        intents = discord.Intents.none()
        intents.dm_messages = True
        super().__init__(
            command_prefix="!",
            intents=intents,
            help_command=None,
            max_messages=None,
            allowed_mentions=discord.AllowedMentions.none(),
            allowed_installs=app_commands.AppInstallationType(guild=True, user=True),
            allowed_contexts=app_commands.AppCommandContext(guild=True, dm_channel=True, private_channel=True),
        )
        self.heard: list[str] = []
        self.clicked: list[str] = []
        self.synced = ""

    async def setup_hook(self) -> None:
        self.add_view(Panel())
        slash: list[app_commands.Command[Any, ..., None]] = [draft, panel, form, silent, chain]
        for command in slash:
            self.tree.add_command(command)
        self.tree.add_command(Data())
        self.tree.add_command(critique)
        await self.sync_if_changed()

    async def sync_if_changed(self) -> None:
        """Syncs only when the definitions differ from what this process synced last."""
        definition = repr([one.to_dict(self.tree) for one in self.tree.get_commands()])
        digest = hashlib.sha256(definition.encode()).hexdigest()
        if digest != self.synced:
            await self.tree.sync()
            self.synced = digest

    async def on_message(self, message: discord.Message) -> None:
        if message.author == self.user:
            return
        self.heard.append(message.content)
        files = [f"{one.filename}={len(await one.read())}" for one in message.attachments]
        await message.channel.send(" ".join([f"heard {message.content}", *files]))

    async def on_raw_message_edit(self, payload: discord.RawMessageUpdateEvent) -> None:
        if payload.message.author != self.user:
            self.heard.append(f"edited {payload.message.content}")

    async def on_interaction(self, interaction: discord.Interaction) -> None:
        if interaction.type is discord.InteractionType.component:
            self.clicked.append(str(interaction.custom_id))


@app_commands.command(description="Write a draft")
@app_commands.describe(structure="The kind of essay", words="How long", notes="A text file")
async def draft(
    interaction: discord.Interaction,
    structure: str,
    words: app_commands.Range[int, 50, 2000] = 300,
    notes: discord.Attachment | None = None,
) -> None:
    """A long job: the answer is deferred, then edited several times, then followed by a file."""
    await interaction.response.defer(ephemeral=interaction.guild_id is not None, thinking=True)
    text = (await notes.read()).decode() if notes else "no notes"
    for part in ("thinking", "writing"):
        view = ui.LayoutView()
        view.add_item(ui.TextDisplay(f"{part} {structure}"))
        await interaction.edit_original_response(view=view)
    await interaction.edit_original_response(view=Panel(f"{structure} of {words} words from {text}"))
    await interaction.followup.send(
        "as a file", file=discord.File(io.BytesIO(text.encode()), "essay.md"), ephemeral=True
    )


@draft.autocomplete("structure")
async def suggest(interaction: discord.Interaction, current: str) -> list[app_commands.Choice[str]]:
    return [app_commands.Choice(name=one, value=one) for one in STRUCTURES if current in one]


@app_commands.command(description="Show a panel for all to see")
async def panel(interaction: discord.Interaction) -> None:
    await interaction.response.send_message(view=Panel())


@app_commands.command(description="Open the form at once")
async def form(interaction: discord.Interaction) -> None:
    await interaction.response.send_modal(EditModal("old text"))


@app_commands.command(description="Never answers")
async def silent(interaction: discord.Interaction) -> None:
    await asyncio.sleep(0)


@app_commands.command(description="Sends many followups")
async def chain(interaction: discord.Interaction) -> None:
    await interaction.response.send_message("first")
    try:
        for number in range(1, 7):
            await interaction.followup.send(f"more {number} @everyone")
    except discord.HTTPException as error:
        await interaction.edit_original_response(content=f"stopped by {error.code}")


@app_commands.context_menu(name="Critique this")
async def critique(interaction: discord.Interaction, message: discord.Message) -> None:
    attached = [(await one.read()).decode() for one in message.attachments]
    words = " ".join([message.content, *attached])
    await interaction.response.send_message(f"{len(words.split())} words by {message.author.name}", ephemeral=True)


if __name__ == "__main__":
    SampleBot().run(os.environ["DISCORD_TOKEN"], log_handler=None)
    sys.exit(0)
