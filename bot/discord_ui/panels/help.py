"""What the bot does, on one screen."""

from __future__ import annotations

from bot.discord_ui.panels.cards import Card, TextBlock, heading_text, privacy_statement, small_print


def help_card(*, with_model: bool) -> Card:
    """Return what the bot does, on one screen."""
    model = (
        "A model drafts from your notes alone, revises section by section and critiques with quotations. A gap is "
        "`[NEED: …]`, never filled."
        if with_model
        else "No model is configured here: your notes are set into a post unchanged, and can be edited, measured and "
        "exported."
    )
    return Card(
        (
            heading_text("Career Essay Bot"),
            TextBlock(
                "It helps you turn what happened in your working life into a post worth reading.\n\n"
                "**/draft** begins an essay or returns to your latest one: answer questions, or paste notes. "
                "In a DM with the bot you can also just write: each message is an answer or a note.\n"
                "**/critique** reads any text as an editor would; so does **Apps → Critique this** on a message.\n"
                "**/export** hands over the post as a file. **/essays** lists what you have: open, rename, delete; and "
                "the critiques of pasted texts.\n"
                "What you mark **[private]** no post and no model gets, until you take the mark away.\n"
                "**/usage** says what you have spent.\n\n" + model
            ),
            small_print(
                f"Only you see your essays here. They are stored encrypted: {privacy_statement(with_model=with_model)}."
            ),
        )
    )
