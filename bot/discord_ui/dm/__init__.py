"""The DM with the bot: hear its messages, read those that came while nobody listened, and tell what became of them."""
