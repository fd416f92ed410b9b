"""A post as each place takes it where it is read, read back by a reader of that kind."""

from __future__ import annotations

import pickle
import re
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.errors import InvalidInput, UnknownExportTarget
from bot.essay.essay import Origin
from bot.essay.export import ExportablePost, export_markdown, export_plain_text
from bot.essay.export_targets import (
    EXPORT_TARGETS,
    cut_to_sentences,
    describe_names,
    export_for,
    export_target_for,
    find_export_target,
)
from tests.essay.readers import read_by_pandoc, read_docx, read_html, read_yaml_by_node

QUOTED = "Out: \"of\" the 'workshop' \\ # – “so” „nun“"
RICH = """\
## What I missed

“The *noise*” of **the** [workshop](https://x.example/a?b=1&c="2"), ~~13~~ 14 people & `x = 1`.
Next line.\\
Broken.

- one
- two
  1. inner

1. first
2. second

> quoted

```
if a < b:
    {% raw %}
```

| year | pay |
|---|---|
| 2018 | 61,000 |

![The lift](https://x.example/lift.png) ![](lift.png)

4. fourth

***

### Smaller

<b>Bold</b> <script>alert("x")</script> it was.
"""
HEBREW = "## מה החמצתי\n\nשלום עולם. זה היה ביום שלישי.\n"
CHINESE = "## 我错过了什么\n\n我在一家公司工作了九年。后来我离开了。\n"
SHORT = "I left on a Tuesday. Nobody asked me why, and I had no answer ready for the one who did later.\n"
LONG = "".join(
    f"## Part {part}\n\n"
    + "".join(f"In week {week} of part {part} I wrote it down again. " for week in range(200))
    + "\n\n"
    for part in range(10)
)
TEXTS = {"rich": RICH, "right to left": HEBREW, "Chinese": CHINESE, "20 words": SHORT, "20,000 words": LONG}
MARKDOWN_TARGETS = [key for key, target in EXPORT_TARGETS.items() if target.form == "markdown"]
WITH_FRONT_MATTER = [key for key, target in EXPORT_TARGETS.items() if target.front_matter]
PAGES = [key for key, target in EXPORT_TARGETS.items() if target.form == "html"]


def a_post(text: str = RICH, title: str = QUOTED) -> ExportablePost:
    return ExportablePost(title, text, 1, "career-switch", date(2026, 11, 23), frozenset({Origin.ASSEMBLED}))


def words(text: str) -> list[str]:
    return re.findall(r"\w+", text)


def front_matter(exported: str) -> str:
    opening, fields, _ = exported.split("---\n", 2)
    assert not opening
    return fields


def test_the_long_text_is_as_long_as_its_name_says() -> None:
    assert len(words(LONG)) > 20_000


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
@pytest.mark.parametrize("key", EXPORT_TARGETS)
def test_every_word_of_any_text_reaches_every_place_but_for_what_is_said_to_be_cut(key: str, text: str) -> None:
    exported = export_for(a_post(text), key)
    if exported.target.form == "docx":
        read = "\n".join(
            "".join(node.text or "" for node in paragraph.iter("{*}t"))
            for paragraph in read_docx(exported.data).element.body.iter("{*}p")
        )
    elif exported.target.form == "html":
        read = read_html(exported.data).get_text()
    else:
        read = exported.text
    plain = re.sub(r"^ *\d\. ", "", export_plain_text(a_post(text, "")), flags=re.MULTILINE)  # numbers of lists
    expected = words(re.sub(r"https://\S+", "", plain)) if key != "linkedin" or len(text) < 3_000 else []
    assert set(expected) <= set(words(read))


@pytest.mark.parametrize("key", ["markdown", "text"])
def test_markdown_and_plain_text_are_what_they_were(key: str) -> None:
    whole = export_markdown(a_post()) if key == "markdown" else export_plain_text(a_post())
    assert export_for(a_post(), key).text == whole


@pytest.mark.parametrize(
    "title",
    [QUOTED, "true", "1e5", "0o14", "12:30", "null", "---", "a: b # c", "- one", "%", "“so”", "\u2028", "🌧 " * 66],
)
def test_a_yaml_parser_of_another_language_reads_every_field_as_it_was_meant(title: str) -> None:
    post = a_post("He said: \"no\" – 'never' \\ # so.\n", title)
    found = read_yaml_by_node([front_matter(export_for(post, key).text) for key in WITH_FRONT_MATTER])
    fields = dict(zip(WITH_FRONT_MATTER, found, strict=True))
    said, day, tags = "He said: \"no\" – 'never' \\ # so.", "2026-11-23", ["career", "career-switch"]
    assert fields["hugo"] == {"title": title, "date": day, "draft": True, "description": said, "tags": tags}
    assert fields["jekyll"] == {
        "layout": "post",
        "title": title,
        "date": day,
        "published": False,
        "description": said,
        "tags": tags,
    }
    assert fields["obsidian"] == {"aliases": [title], "date": day, "description": said, "tags": tags}
    devto = fields["devto"]
    assert devto.pop("title") == (title if len(title) <= 128 else devto_title(title))
    assert devto == {"published": False, "description": said, "tags": "career, careerswitch"}


def devto_title(title: str) -> str:
    return title[: 128 - 2].rstrip() + "…"


def test_a_title_that_dev_does_not_take_is_cut_at_a_word_and_that_is_said() -> None:
    exported = export_for(a_post(title="word " * 39 + "last."), "devto")
    (line,) = [line for line in exported.text.splitlines() if line.startswith("title: ")]
    assert len(line.removeprefix("title: ")) <= 128 + 2
    assert line.endswith('word…"')
    assert "DEV takes titles of 128 characters: this one is cut." in exported.notices
    assert len(exported.name) < 70


@pytest.mark.parametrize("key", [key for key in EXPORT_TARGETS if key != "devto"])
def test_a_title_of_200_characters_reaches_every_other_place_whole(key: str) -> None:
    title = "“Long” words " * 15 + "ends."
    exported = export_for(a_post(title=title), key)
    if key == "docx":
        read = read_docx(exported.data).core_properties.title
    else:
        read = " ".join([exported.text, *exported.notices])
    assert len(title) == 200
    assert title in read
    assert len(exported.name) < 90


@pytest.mark.parametrize("key", MARKDOWN_TARGETS)
def test_pandoc_finds_headings_emphasis_lists_and_tables_in_what_a_markdown_place_gets(key: str) -> None:
    exported = export_for(a_post(), key)
    body = exported.text.split("---\n\n", 1)[-1] if exported.target.front_matter else exported.text
    html = read_html(read_by_pandoc(body.encode(), "gfm", "html").encode())
    assert [one.get_text() for one in html.find_all(["h1", "h2", "h3"])] == ["What I missed", "Smaller"]
    assert (html.em.get_text(), html.strong.get_text()) == ("noise", "the")  # type: ignore[union-attr]  # they are there
    assert [one.get_text() for one in html.find_all("td")] == ["2018", "61,000"]
    assert {one["href"] for one in html.find_all("a")} == {'https://x.example/a?b=1&c="2"'}


@pytest.mark.parametrize("key", PAGES)
def test_a_page_loads_nothing_runs_nothing_and_holds_the_post(key: str) -> None:
    page = read_html(export_for(a_post(), key).data)
    assert not page.find_all(["script", "img", "link", "iframe", "b"])
    assert page.title is not None
    assert page.title.get_text() == QUOTED
    headings = [one.get_text() for one in page.find_all(["h1", "h2", "h3"])]
    assert headings == [*([] if key == "substack" else [QUOTED]), "What I missed", "Smaller"]
    assert 'alert("x")' in page.get_text()
    assert [one.get_text() for one in page.find_all("em")] == ["noise"]
    lift = page.find("a", string="The lift")
    assert lift is not None
    assert lift.get_attribute_list("href") == ["https://x.example/lift.png"]
    assert bool(page.find("table")) == (key == "html")
    assert "2018" in page.get_text()


def test_pandoc_reads_the_page_as_the_same_text() -> None:
    plain = read_by_pandoc(export_for(a_post(), "html").data, "html")
    assert [one for one in ("“The", "noise", "61,000", "if a < b:", "fourth") if one not in plain] == []


def test_a_page_leaves_the_direction_of_each_paragraph_to_its_letters() -> None:
    page = read_html(export_for(a_post(HEBREW + "\nIn English.\n"), "html").data)
    assert {one.get_attribute_list("dir")[0] for one in page.find_all(["p", "h1", "h2"])} == {"auto"}


def test_word_gets_headings_lists_that_begin_anew_links_a_table_and_the_title() -> None:
    document = read_docx(export_for(a_post(), "docx").data)
    assert document.core_properties.title == QUOTED
    assert (document.core_properties.author, document.core_properties.comments) == ("", "")
    styled = [(one.style.name, one.text) for one in document.paragraphs if one.style is not None]
    assert ("Title", QUOTED) in styled
    assert ("Heading 2", "What I missed") in styled
    assert ("Heading 3", "Smaller") in styled
    assert ("List Bullet", "one") in styled
    assert ("List Number 2", "inner") in styled
    assert ("Quote", "quoted") in styled
    runs = {run.text: run for paragraph in document.paragraphs for run in paragraph.runs}
    assert (runs["noise"].italic, runs["the"].bold, runs["13"].font.strike) == (True, True, True)
    (table,) = document.tables
    assert [[cell.text for cell in row.cells] for row in table.rows] == [["year", "pay"], ["2018", "61,000"]]
    links = [link.address for paragraph in document.paragraphs for link in paragraph.hyperlinks]
    assert links == ["https://x.example/a?b=1&c=%222%22", "https://x.example/lift.png"]


def test_in_word_every_numbered_list_has_a_numbering_and_every_address_a_relationship_of_its_own() -> None:
    addresses = [f"https://x.example/{number % 3}" for number in range(6)]
    text = "".join(f"{start}. [link]({address})\n\n- point\n\n" for start, address in enumerate(addresses, 1))
    document = read_docx(export_for(a_post(text), "docx").data)
    items = [one for one in document.paragraphs if one.hyperlinks]
    assert [link.address for one in items for link in one.hyperlinks] == addresses
    numbers = [int(one._p.xpath("w:pPr/w:numPr/w:numId/@w:val")[0]) for one in items]
    assert len(set(numbers)) == len(addresses)
    numbering = document.part.numbering_part.element
    starts = [numbering.num_having_numId(number).xpath("w:lvlOverride/w:startOverride/@w:val") for number in numbers]
    assert starts == [[str(start)] for start in range(1, len(addresses) + 1)]
    shared = {link._hyperlink.rId for one in items for link in one.hyperlinks}
    assert len(shared) == 3


def test_pandoc_reads_the_word_document_with_its_numbers_and_directions() -> None:
    read = read_by_pandoc(export_for(a_post(RICH + "\n" + HEBREW), "docx").data, "docx", "markdown")
    assert "1.  first\n\n2.  second" in read
    assert "4.  fourth" in read
    assert re.search(r"\[שלום עולם\. זה היה ביום שלישי\.\]\{dir=\"rtl\"\}", read)
    assert "~~13~~" in read


@given(st.text(), st.text(st.characters(categories=["L", "N", "P", "S", "Zs"]), min_size=1, max_size=200))
def test_any_text_becomes_a_word_document_and_a_page(text: str, title: str) -> None:
    text = text.encode("utf-8", "replace").decode()
    assert read_docx(export_for(a_post(text, title), "docx").data).paragraphs
    assert read_html(export_for(a_post(text, title), "html").data).article is not None


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
def test_a_linkedin_post_fits_and_ends_with_a_whole_sentence(text: str) -> None:
    exported = export_for(a_post(text), "linkedin")
    assert len(exported.text.encode("utf-16-le")) // 2 <= 3_000
    assert exported.text.startswith(f"{QUOTED}\n\n")
    if text is LONG:
        assert exported.text.endswith("again.\n")
        assert len(exported.text) > 2_900
        (said,) = [one for one in exported.notices if "Left out" in one]
        assert said.startswith("A LinkedIn post holds 3,000 characters. Left out: 1,9")
        assert "of part 0 I wrote it down again.” on: the end of “Part 0”, “Part 1”, “Part 2”" in said
    else:
        assert not [one for one in exported.notices if "Left out" in one]


@pytest.mark.parametrize(
    "text",
    ["word " * 20_000, "字" * 9_000, "🌧" * 2_000, "First is short. " + "then no end " * 900],
    ids=["words", "字", "🌧", "one"],
)
def test_a_post_without_sentences_to_cut_at_is_cut_too(text: str) -> None:
    cut = cut_to_sentences("Title", text, 3_000)
    assert 0 < len(cut.text.encode("utf-16-le")) // 2 <= 3_000
    assert cut.left_out


def test_a_heading_whose_text_is_cut_off_does_not_stand_at_the_end() -> None:
    text = f"## One\n\n{'It was long. ' * 20}\n\n## Two\n\n{'Then it went on. ' * 20}\n"
    cut = cut_to_sentences("T", text, len("T\n\nOne\n\n") + 13 * 20 + 20)
    assert cut.text.endswith("It was long.\n")
    assert cut.left_out == "Left out: 20 sentences from “Then it went on.” on: “Two”."


def test_names_are_listed_once_and_whole_with_companies_and_without_what_is_private() -> None:
    text = (
        "I worked with Kim Olsen at Ring Estates. Kim was right. At Ring Estates nobody asked Kim Olsen.\n\n"
        "[private] Ola Berg knew.\n\n<!-- Ask Tom Sand. -->\n\nMy product manager left on a Monday.\n"
    )
    said = "Names to change, where somebody should not be known by them: Kim Olsen, Ring Estates."
    assert describe_names(text) == said
    assert said in export_for(a_post(text), "hugo").notices
    one_word = "My manager Dana read from a sheet. Dana left Oslo."
    assert describe_names(one_word) == "Names to change, where somebody should not be known by them: Dana, Oslo."
    assert describe_names("I left on a Monday, and nobody asked.\n") == ""


def test_nouns_of_a_german_text_under_english_headings_and_questions_are_no_names() -> None:
    gap = "[NEED: What had just happened when you made the decision, and who was there with you?]"
    text = (
        f"## The contradiction\n\nIch habe im Mai das Krankenhaus verlassen. Mein Chef war nicht da.\n\n{gap}\n\n"
        f"## What I missed\n\nNach neun Jahren fehlte mir der Lärm.\n\n## What I gave up\n\n{gap}\n\n{gap}\n"
    )
    assert describe_names(text) == ""
    assert describe_names(text.replace("Mein Chef", "Herr Krause")).endswith(": Krause.")


def test_no_close_place_is_named_for_a_word_that_is_another_name() -> None:
    with pytest.raises(UnknownExportTarget, match=r"there is no place called tumblr\. A post can be exported for"):
        find_export_target("tumblr")


def test_an_empty_name_of_a_file_is_refused() -> None:
    with pytest.raises(InvalidInput, match=r"the name of the file is empty"):
        export_target_for(None, "")


@pytest.mark.parametrize("key", [key for key in EXPORT_TARGETS if key != "markdown"])
def test_comments_and_private_passages_go_to_no_place(key: str) -> None:
    text = "## One\n\nSeen.\n\n[private] Kim was slow.\n\n<!-- the affair -->\n\n%% ask Ola %%\n"
    exported = export_for(a_post(text, "T"), key)
    read = read_by_pandoc(exported.data, "docx") if key == "docx" else exported.text
    assert "Seen." in read
    assert [one for one in ("Kim", "affair", "Ola", "private") if one in read] == []


@pytest.mark.parametrize("key", [key for key in EXPORT_TARGETS if key not in ("markdown", "text")])
def test_a_title_that_stands_over_the_text_too_is_not_there_twice(key: str) -> None:
    exported = export_for(a_post("# Out of the *workshop*\n\nIt was loud.\n", "Out of the workshop"), key)
    read = "\n".join(one.text for one in read_docx(exported.data).paragraphs) if key == "docx" else exported.text
    body = read.split("---\n", 2)[2] if exported.target.front_matter else read.split("<body>")[-1]
    assert body.count("Out of the") == (exported.target.form != "markdown" and not exported.target.title_field)


@pytest.mark.parametrize(
    ("key", "said"),
    [
        ("medium", "Medium shows no tables: each row is a line of its own."),
        ("medium", "Medium shows no lists inside lists: look at them after pasting."),
        ("linkedin", "LinkedIn shows no strikethrough: the words that are struck out read like all others."),
        ("linkedin", "Of a picture its description alone is in this text: add the picture itself where you post it."),
        ("text", "Plain text shows no tables: each row is a line of its own."),
        ("substack", "Its title has a field of its own there: T"),
        ("html", "A picture is a link in this file: put the picture itself in its place."),
        (
            "jekyll",
            "The text holds {%, which Jekyll takes for a command of its own: look at that place before you publish.",
        ),
    ],
)
def test_what_a_place_cannot_show_is_said(key: str, said: str) -> None:
    assert [one for one in export_for(a_post(title="T"), key).notices if one.startswith(said)]
    assert not [one for one in export_for(a_post("It was loud.\n"), key).notices if one.startswith(said)]


@pytest.mark.parametrize("key", EXPORT_TARGETS)
def test_a_file_can_be_made_in_another_process(key: str) -> None:
    exported = export_for(a_post(), key)
    assert pickle.loads(pickle.dumps(exported)) == exported  # noqa: S301 - it was pickled here


def test_a_jekyll_post_is_named_by_its_day() -> None:
    assert export_for(a_post(title="Out"), "jekyll").name == "2026-11-23-out.md"


def test_an_unknown_place_is_named_with_what_is_close_and_with_all_there_are() -> None:
    with pytest.raises(UnknownExportTarget, match=r"no place called linkdin\. Did you mean linkedin\? .*obsidian"):
        find_export_target("linkdin")
    with pytest.raises(UnknownExportTarget, match=r"there is no place called x+…\. A post"):
        find_export_target("x" * 5_000)
    assert find_export_target(" LinkedIn ").key == "linkedin"


@pytest.mark.parametrize(
    ("key", "path", "chosen"),
    [
        (None, None, "markdown"),
        (None, "a.md", "markdown"),
        (None, "a.TXT", "text"),
        (None, "a.docx", "docx"),
        (None, "dir.html/a", "markdown"),
        ("hugo", "a.txt", "hugo"),
    ],
)
def test_the_ending_of_a_file_says_what_it_is_where_no_place_is_named(
    key: str | None, path: str | None, chosen: str
) -> None:
    assert export_target_for(key, path).key == chosen


@pytest.mark.parametrize(
    ("key", "path", "said"),
    [
        (None, "a.pdf", r"a\.pdf would hold Markdown, .* \.pdf .* ends in \.md, \.txt, \.html or \.docx\."),
        (None, "a.b.ODT", r"would hold Markdown"),
        ("text", "a.docx", r"would hold plain text, .* \.docx .* ends in \.txt\."),
        ("linkedin", "a.html", r"would hold plain text"),
        ("medium", "a.docx", r"would hold a web page, .* ends in \.html\."),
        ("docx", "a.md", r"would hold a Word document, .* ends in \.docx\."),
    ],
)
def test_a_name_that_promises_another_format_is_refused(key: str | None, path: str, said: str) -> None:
    with pytest.raises(InvalidInput, match=f"^Nothing was exported: .*{said}"):
        export_target_for(key, path)


@pytest.mark.parametrize(
    ("key", "path"),
    [
        ("text", "a.md"),
        ("html", "a.htm"),
        ("html", "a.txt"),
        ("hugo", "a.qmd"),
        ("docx", "a"),
        ("docx", "-"),
        (None, "a.b"),
    ],
)
def test_a_name_that_promises_no_other_format_is_taken(key: str | None, path: str) -> None:
    assert export_target_for(key, path).key == (key or "markdown")


def test_the_page_about_exports_names_every_place_with_its_fields_and_sources() -> None:
    page = (Path(__file__).parents[2] / "docs" / "export.md").read_text(encoding="utf-8")
    for target in EXPORT_TARGETS.values():
        (row,) = [line for line in page.splitlines() if line.startswith(f"| `{target.key}`")]
        assert [name for name in target.front_matter if f"`{name}`" not in row] == []
        assert [source for source in target.sources if source not in page] == []
