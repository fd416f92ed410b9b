"""Claude behind the ports of the workflow."""
