"""The Discord front end: commands and panels. It keeps no state; everything a click means stands in its custom id."""
