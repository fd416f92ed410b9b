"""Messages of the bot in Discord: what fits into one, and how one is changed."""
