"""The Discord front end: commands and panels. It keeps no state; a custom id says everything that a click means."""
