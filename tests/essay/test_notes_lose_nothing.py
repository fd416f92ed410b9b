"""Whatever a writer hands in as notes stands in some note, in the title, or in what they are told was left out."""

from __future__ import annotations

import html
import re
from collections import Counter
from itertools import count

from hypothesis import example, given, settings
from hypothesis import strategies as st

from bot.essay.notes import ParsedNotes, parse_notes
from bot.essay.text.decoding import normalize_text
from bot.essay.text.gaps import UNSORTED_HEADING
from tests.essay.sample_structure import STRUCTURE

# Each "@" becomes a word that stands nowhere else on the page, "§" what a heading says.
_HEADINGS = [
    *(f"{'#' * level} §" for level in range(1, 7)),
    "§\n===",
    "§\n---",
    "§",
    "**§**",
    "§:",
    "# **§** {#an-id-@}",
    "## § ##",
    "## *§*",
    *("## § {#a-@ .@}", "## <b>§</b>", "# §<br>@", "##\u00a0§", "## [§](#@)"),
    "  ## §",
    "§ [private]",
    "## § [leave out]",
    "### [private]: §",
    "2. §",
    "## 3. §",
    "- ## §",
    "> ## §",
]
_SAID = [
    "What I missed",
    "what i gave up",
    "missed",
    "gave-up",
    "WHAT I MISSED!",
    "Where I am now",
    "Unsorted notes",
    "",
    *(
        "What I missed: @",
        "What I missed - @ @",
        "What I missed @",
        "Missed: the @ at @, fixed with @",
        "What I misssed",
    ),
    *(
        "What I gave up? [@](https://@.example/@)",
        "What I gave up, and @",
        "What I really missed",
        "@",
        "@ @ @",
        "@: @",
    ),
    *(
        "**What I missed:** @",
        "*What I gave up*: the *@*",
        "`@` What I missed",
        "What I missed | @",
        "Part 2: what I missed @",
    ),
    "[[@|What I missed]]",
    "What I missed #@",
    "==What I missed== @",
    "@ what I missed",
    "What I missed ^@",
]
_LINES = [
    "@ @.",
    "The @, at @; [@](https://@.example) and @",
    "- @\n- @ @\n  - @",
    "1. @\n2. @",
    "> @ said @",
    "> > @\n@",
    *(
        "```\n@ @\n# @\n```",
        "    @ @",
        "`@ %% @ %%`",
        "<!-- @ @ -->",
        "@ <!-- @ --> @",
        "<!-- @",
        "<!--\n@\n\n@\n-->\n@",
    ),
    *(
        "%% @ %%",
        "@ %%@%% @",
        "%%\n@\n%%",
        "%% @",
        "@. #a@",
        "#a@ #b@",
        "I joined #a@ for @",
        "#1 @",
        "[[@]]",
        "[[@|@]]",
    ),
    "![[@.png]]",
    "![@](data:image/png;base64,@)",
    "![][a@]",
    "![@][image1]\n\n[image1]: <data:image/png;base64,@>",
    *(
        "> [!note] @\n> @\n> > @",
        "> [!note]\n> @",
        "==@ @==",
        "@ ^b@",
        "@\\. @\\-@ \\# @",
        "1\\. @",
        "@ &amp; @&nbsp;@ &lt;@&gt;",
    ),
    *(
        "@[^1]\n\n[^1]: @ @",
        "[^@]: @",
        "| @ | @ |\n|---|---|\n| @ | @ |",
        "- [ ] @\n- [x] @",
        "[NEED: @]",
        "@ [NEED: @] @",
    ),
    *(
        "[private] @",
        "@\n[leave out] @",
        "[leave out]",
        "<div>@</div>",
        "<b>@</b>",
        "* * *",
        "---",
        "[@]: https://@.example",
    ),
    *(
        "What I missed\n@",
        "What I missed:\n\n@",
        "Dear @,\n\n@",
        "@ \ue000 @ \ue0000\ue001",
        "@\n@\n@",
        "title: @",
        "@  \n@\\\n@",
    ),
    *(
        "<img src='data:@' alt='@'>",
        "[@](data:text/plain,@)",
        "[@][b]\n\n[b]: data:@",
        "\\<!-- @ -->",
        "@ \u200b@",
        "~~~\n<!-- @",
        "``` @",
    ),
    *(
        "<aside>\n@ @\n\n</aside>",
        "<details><summary>@</summary>@</details>",
        "@<br>@ <u>@</u> <span class='@'>@</span>",
        '<a href="https://@.example">@</a> <a href=@>@</a>',
        '<img src="https://@.example" alt="@">',
        "<table><tr><td>@</td><td>@</td></tr></table>",
        "| @<br>@ | @ |",
        "[@](@.md) and [@ @](#@) and [@](<@ @>) [@](/@)",
        "![@](@.png) ![@|300](https://@.example/@.png) ![@][@.png]",
        "[[@#^b@]] [[@#@]] [[#@]] [[1]](#@) [[@]](https://@.example)",
        "[//]: # (@ @)",
        "[comment]: <> '@'",
        "```dataview\n@ @\n```",
        "\ufffc @",
        "-\u00a0@",
        "\uf0b7\t@",
        "> [!note]\n> @\n> > [!tip]- @\n> > @\n> @\n@",
        "@ \u202e@\u202c \U000e0041@",
        "[private](@) [@]()",
        "\\<div> @",
    ),
]
_FRONT = [
    *(
        "",
        "---\ntitle: @\n---\n",
        "---\ntitle: @ @\ntags: [@, @]\n# @\n---\n\n# @\n",
        "---\ntitle: [@]\n---\n",
        "---\na: &x @\nb: *x\n---\n",
    ),
    *(
        "---\n@: @\n---\n",
        "---\n\n@\n\n---\n",
        "---\ntitle: What I missed\n---\n",
        f"---\ntitle: {'@ ' * 40}\n---\n",
        "\ufeff# @\n",
        "---\ntitle: '[private] @'\n---\n",
    ),
    *(
        "---\ntitle: @: @\nup: [[@]]\n---\n",
        "---\ntitle: [[@]]\nb:\n  c: @\n- @\n---\n",
        "---\nTitle: <b>@</b> <!-- @ --> [@](@)\nb: {{@}}\n---\n",
        "---\na: @: @\n@\n---\n",
        "\n---\ntitle: {{@}}\n---\n",
    ),
]
_ENDS = ["\n", "\n\n", "\n\n\n", "\r\n", "\r", "\v", "\f", "\x85", "\u2028", "\u2029", " \n", " "]


@st.composite
def pages(draw: st.DrawFn) -> str:
    heading = st.builds(lambda form, said: form.replace("§", said), st.sampled_from(_HEADINGS), st.sampled_from(_SAID))
    piece = st.one_of(heading, st.sampled_from(_LINES))
    ended = st.builds(lambda words, end: words + end, piece, st.sampled_from(_ENDS))
    page = draw(st.sampled_from(_FRONT)) + "".join(draw(st.lists(ended, max_size=8)))
    number = count(1)
    return re.sub("@", lambda _: f"word{next(number)}", page)


def words(text: str) -> list[str]:
    return re.findall(r"[^\W_]+", html.unescape(normalize_text(text)).casefold())


def lost(page: str, notes: ParsedNotes) -> set[str]:
    """The words of a page that stand nowhere: a mark is none, nor is a section's own name."""
    kept = [notes.title or "", UNSORTED_HEADING, *(passage.text for passage in notes.notes)]
    kept += [one.source for one in notes.removed]
    kept += [f"{section.heading} {section.key}" for section in STRUCTURE.sections]
    return set(words(page)) - set(
        words(" ".join([*kept, "leave out private title note part 1 2 3 amp lt gt nbsp img src alt href a br b 300"]))
    )


_AWKWARD = st.text(alphabet="abc12 \n\t#=-`>*_.:![](){}<%^|~\\/\"'\u2028\r\ue000")


@settings(max_examples=300)
@given(_AWKWARD)
def test_no_letter_of_an_awkward_text_is_lost(page: str) -> None:
    notes = parse_notes(page, STRUCTURE)
    kept = [notes.title or "", *(passage.text for passage in notes.notes), *(one.source for one in notes.removed)]
    if notes.notes:
        assert Counter(filter(str.isalnum, page)) <= Counter(filter(str.isalnum, "".join(kept)))


@settings(max_examples=300)
@example("[the shop]: https://shop.example\n[the plan]: https://plan.example\n", 0)
@example("[NEED: word1]\n---\n", 0)
@given(pages(), st.sampled_from([0, 20, 200]))
def test_every_word_of_a_page_is_in_a_note_or_reported_as_left_out(page: str, room: int) -> None:
    notes = parse_notes(page, STRUCTURE, title_room=room)
    if notes.notes:
        assert lost(page, notes) == set()
    else:  # nothing is stored: the writer is told that the page holds no words
        rest = ParsedNotes(None, (), notes.removed)
        assert lost(page, rest) <= set(words(notes.title or ""))
