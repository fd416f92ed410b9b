"""The DM with the bot: receive its messages, also those written while the bot was away, and say what became of them."""
