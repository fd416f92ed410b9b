"""What each word of the menu does, one method a word; `menu.py` has their table, `interview.py` does ``answer``."""
