"""What each message shows: from state to card, without a word of Discord's."""
