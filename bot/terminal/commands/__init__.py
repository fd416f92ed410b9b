"""The commands of the menu, one method for each word; `menu.py` has their table, `interview.py` runs ``answer``."""
