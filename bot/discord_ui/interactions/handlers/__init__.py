"""What happens when something is pressed, chosen or handed in: one function an action."""
