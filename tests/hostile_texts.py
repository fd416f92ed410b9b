"""Texts by which somebody might try to bring down whoever reads them: one kind of mark over and over, and mixtures."""

from __future__ import annotations

import random
from collections.abc import Mapping

# What stands over and over in a text, by what it tries.
UNITS: Mapping[str, str] = {
    "headings": "# a\n",
    "headings with bodies": "# a\n\nb\n",
    "deep headings": "###### a\n",
    "underlined headings": "a\n=\n",
    "rules": "a\n\n---\n\n",
    "plain headings": "My Title\n\nSome sentence here.\n\n",
    "short lines": "a\n",
    "short paragraphs": "a\n\n",
    "carriage returns": "\r",
    "carriage returns and line feeds": "\r\n",
    "line separators": "\u2028",
    "vertical tabs": "\x0b",
    "one line of words": "word ",
    "one word": "a",
    "spaces": " a" + " " * 40,
    "no-break spaces": "\u00a0a",
    "zero-width spaces": "a\u200b",
    "nothing but zero-width spaces": "\u200b",
    "combining marks": "a\u0301\u0301",
    "overrides of direction": "\u202e",
    "flags": "\U0001f1e6",
    "joined emoji": "\U0001f468\u200d",
    "Chinese": "我们没有说话",
    "Chinese sentences": "我们。",
    "Japanese": "の",
    "Thai": "ก",
    "Hangul jamo": "\u1100",
    "Arabic": "ا",
    "quotations in quotations": ">",
    "quotations with spaces": "> ",
    "quoted lists": "> - ",
    "callouts": "> [!note]\n",
    "lists": "- a\n",
    "lists with blank lines": "- a\n\n",
    "lists in lists": "- ",
    "numbered lists in lists": "1. ",
    "stars with spaces": "* * ",
    "code by indent": "\ta\n",
    "fences": "```\na\n",
    "fences of waves": "~~~\n",
    "tables": "|a|b|\n|-|-|\n",
    "bars": "|",
    "spoilers": "||a",
    "brackets": "[",
    "pairs of brackets": "[a](b) ",
    "links never closed": "[a](",
    "pictures": "![a](b)",
    "definitions": "[a]: b\n",
    "references": "[a][b]",
    "links of a wiki": "[[a]]",
    "links of a wiki, never closed": "[[",
    "comments of Obsidian": "%%a",
    "stars": "*",
    "stars before words": "*a ",
    "stars and underscores": "*_",
    "bold never closed": "**a ",
    "underscores": "_a",
    "backticks": "`",
    "runs of backticks": "`a``b```c````",
    "waves": "~",
    "backslashes": "\\",
    "HTML comments": "<!--",
    "HTML comments inside lines": "a<!--",
    "tags never closed": "<a ",
    "blocks of HTML": "<div>\n",
    "processing instructions": "<?",
    "CDATA": "<![CDATA[",
    "entities": "&amp;",
    "ampersands": "&",
    "RTF": "{\\rtf1 ",
    "front matter": "---\na: b\n",
    "YAML": "a: &a [*a,*a]\n",
    "braces": "{{",
    "digits": "1",
    "numbers": "1 ",
    "thousands": "1,",
    "ranges": "1-",
    "percentages": "%1",
    "money": "$1",
    "telephones": "+1",
    "numbers in words": "hundred and ",
    "German numbers": "einund",
    "French numbers": "vingt et ",
    "dates": "12 March 2019 ",
    "months": "March ",
    "names": "Anna Berg ",
    "capitals": "Aa",
    "quotation marks": '"',
    "quotations": '"a ',
    "curly quotations": "“a” ",
    "curly quotations never closed": "“",
    "German quotations": "„a“ ",
    "apostrophes": "a'",
    "sentences": "A. ",
    "ellipses": "… ",
    "dashes": "— ",
    "correcting turns": "Not the money. ",
    "fillers": "really, just ",
    "private marks": "[private] a\n\n",
    "private marks never closed": "[private",
    "gaps": "[NEED: a] ",
    "gaps never closed": "[NEED: ",
    "addresses": "http://a.b ",
    "mail addresses": "a@b.c ",
    "mentions": "<@1>",
    "mentions of everybody": "@everyone ",
}


def worst_texts(size: int) -> Mapping[str, str]:
    """A text of about ``size`` characters by what it tries."""
    found = {name: (unit * (size // len(unit) + 1))[:size] for name, unit in UNITS.items()}
    chance = random.Random(7)
    marks = "*_`[]()<>!#-|~\\\"'.,: \n\t1a&$%“”"
    found["marks at random"] = "".join(chance.choice(marks) for _ in range(size))
    found["more marks at random"] = "".join(chance.choice(marks + "\u200b我>\r") for _ in range(size))
    found["brackets opened and closed"] = "[" * (size // 2) + "]" * (size // 2)
    found["ever longer runs of backticks"] = "".join("`" * count + "a" for count in range(1, int((2 * size) ** 0.5)))
    found["ever deeper lists"] = "\n".join("  " * depth + "- a" for depth in range(int(size**0.5)))
    found["ever deeper quotations"] = "\n".join(">" * depth + "a" for depth in range(int((2 * size) ** 0.5)))
    found["ever new definitions"] = "\n".join(f"[a{number}]: b" for number in range(size // 12))
    found["ever new numbers"] = " ".join(str(number * 7919) for number in range(size // 8))
    names = ("".join(chance.choice("abcdefgh") for _ in range(5)).title() for _ in range(size // 6))
    found["ever new names"] = " ".join(names)
    return found
