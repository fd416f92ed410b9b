"""What models write, read into what an essay can use of it."""
