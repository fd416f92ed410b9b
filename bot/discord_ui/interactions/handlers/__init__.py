"""What buttons, menus and forms do: one function for each action of the router's table."""
