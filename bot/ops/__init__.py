"""Running the bot: logging, single instance, health, diagnostics and backup."""
