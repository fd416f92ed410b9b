"""What a writer can do, and the ports through which it is done."""
