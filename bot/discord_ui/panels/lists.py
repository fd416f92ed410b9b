"""What a person has: their essays, what they have spent, and where to find help."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal

from bot.discord_ui.cards import Attached, Card, CardPart, Link, Menu, Option, Text, Tone, rows
from bot.discord_ui.ids import Id
from bot.discord_ui.lengths import one_line, plain, units
from bot.discord_ui.panels.common import counted, heading, notices, press, small, turning, who_reads
from bot.essay.essay import Essay
from bot.essay.structure import Structure
from bot.workflow.critiqued import Critiqued
from bot.workflow.spending import Spent, UsageRow

ON_A_PAGE = 10
DELETED = "This essay was deleted."
_NAME_UNITS = 100  # Discord's limit for the name of a suggestion
_NANO = Decimal(1_000_000_000)


def essays(
    found: Sequence[Essay], page: int, structures: Mapping[str, Structure], notice: str | None = None, pasted: int = 0
) -> Card:
    """One's essays, the last changed first, with a menu to choose one; ``pasted`` counts the critiques of other texts.

    The way to those stands here, because nothing else leads back to them.
    """
    count = max(1, -(-len(found) // ON_A_PAGE))
    page = min(page, count - 1)
    here = found[page * ON_A_PAGE : (page + 1) * ON_A_PAGE]
    parts: list[CardPart] = [*notices(notice), heading("Your essays")]
    if not here:
        parts.append(Text("You have none yet: /draft begins one."))
    else:
        apart = told_apart(found)
        about = {one.id: ", ".join(filter(None, (_about(one, structures), apart[one.id]))) for one in here}
        parts.append(Text("\n".join(f"**{plain(one_line(one.title, 80))}** · {about[one.id]}" for one in here)))
        options = tuple(Option(one_line(one.title, 90), one.id, one_line(about[one.id], 100)) for one in here)
        parts.append(Menu(str(Id("essay", "choose")), "Choose an essay", options))
        parts.append(small(counted(len(found), "essay"), f"page {page + 1} of {count}" if count > 1 else None))
    parts.extend(turning("essays", "-", 0, page, count))
    if pasted:
        parts.append(small(f"{counted(pasted, 'critique')} of pasted texts"))
        parts.extend(rows(press("Critiques", "list", "-", kind="critique")))
    return Card(tuple(parts))


def told_apart(found: Sequence[Essay]) -> dict[str, str]:
    """By id, when each essay was begun where others bear its title, as exactly as it takes; else "". By UTC."""
    apart = dict.fromkeys((one.id for one in found), "")
    by_title: dict[str, list[Essay]] = {}
    for one in found:
        by_title.setdefault(one.title.casefold(), []).append(one)
    for same in by_title.values():
        if len(same) < 2:
            continue
        for exactly in ("%d %b %Y", "%d %b %Y %H:%M", "%d %b %Y %H:%M:%S", "%d %b %Y %H:%M:%S.%f"):
            begun = {one.id: f"begun {one.created:{exactly}}" for one in same}
            if len(set(begun.values())) == len(same):
                break
        apart.update(begun)
    return apart


def suggested(found: Sequence[Essay]) -> dict[str, str]:
    """By id, what an essay is called in a list of suggestions: in at most 100 characters, each by another name."""
    apart = told_apart(found)
    return {one.id: _name(one, f" · {_stage(one)}, {apart[one.id]}" if apart[one.id] else "") for one in found}


def _name(essay: Essay, behind: str) -> str:
    return f"{one_line(essay.title, _NAME_UNITS - units(behind))}{behind}"


def _about(essay: Essay, structures: Mapping[str, Structure]) -> str:
    kind = structures[essay.structure].name if essay.structure in structures else essay.structure
    return f"{kind}, {_stage(essay)}, changed {essay.changed:%d %b %Y}"


def _stage(essay: Essay) -> str:
    return "exported" if essay.is_exported else f"version {essay.head}" if essay.head is not None else "notes"


def critiques(found: Sequence[Critiqued], page: int, count: int) -> Card:
    """One page of the critiques of texts that are no essay's, the last first, of ``count`` pages."""
    parts: list[CardPart] = [heading("Critiques of pasted texts")]
    if found:
        names = {one.id: one_line(one.title or one.text, 80) for one in found}
        parts.append(Text("\n".join(f"**{plain(names[one.id])}** · {_findings(one)}" for one in found)))
        options = tuple(Option(names[one.id], one.id, _findings(one)) for one in found)
        parts.append(Menu(str(Id("critique", "choose")), "Open a critique", options))
    else:
        parts.append(Text("There is none: /critique asks for one."))
    if count > 1:
        parts.append(small(f"page {page + 1} of {count}"))
    parts.extend(turning("list", "-", 0, page, count, kind="critique"))
    parts.extend(rows(press("All essays", "essays", "-")))
    return Card(tuple(parts))


def _findings(critiqued: Critiqued) -> str:
    told = counted(len(critiqued.critique.findings), "finding") if critiqued.critique else "no findings yet"
    return f"{told}, {critiqued.created:%d %b %Y %H:%M} UTC"


def chosen(essay: Essay, structures: Mapping[str, Structure], notice: str | None = None) -> Card:
    """One essay of the list, and what can be done with it."""
    number = essay.head or 0
    return Card(
        (
            *notices(notice),
            heading(essay.title),
            Text(_about(essay, structures)),
            *rows(
                press("Open", "open", essay.id, number, tone=Tone.MAIN),
                press("Rename", "rename", essay.id, number),
                press("Delete", "delete", essay.id, number, 1, tone=Tone.DANGER),
                press("All essays", "essays", "-"),
            ),
        )
    )


def stamp(essay: Essay) -> int:
    """When the essay last changed, in milliseconds, as nine digits of a button hold it."""
    return int(essay.changed.timestamp() * 1000) % 1_000_000_000


def deleting(essay: Essay, asked: int, notice: str | None = None) -> Card:
    """The question before an essay is deleted: ``asked`` is 1 for the first time, 2 for the second and last."""
    number = essay.head or 0
    title = plain(one_line(essay.title, 80))
    words = (
        f"Delete “{title}” with its notes, versions and critiques?"
        if asked == 1
        else f"“{title}” cannot be brought back once it is deleted. Delete it for good?"
    )
    yes = (
        press("Yes, delete it", "delete", essay.id, number, 2, tone=Tone.DANGER)
        if asked == 1
        else press("Delete for good", "delete", essay.id, number, f"3.{stamp(essay)}", tone=Tone.DANGER)
    )
    keep = press("Keep it", "choose", essay.id, number)
    return Card((*notices(notice), heading("Delete an essay"), Text(words), *rows(keep, yes)))


def usage(
    rows_found: Sequence[UsageRow],
    spent: Spent,
    day: Decimal,
    writer_month: Decimal,
    month: Decimal,
    *,
    with_model: bool,
) -> Card:
    """What one has spent and what is left, in US dollars; days and months by UTC."""
    parts: list[CardPart] = [heading("What you have spent")]
    if not with_model:
        parts.append(Text("No model is configured, so nothing costs anything."))
    nano = sum(row.nano_usd for row in rows_found)
    calls = sum(row.calls for row in rows_found)
    unpriced = sum(row.unpriced for row in rows_found)
    tokens_in = sum(row.input_tokens + row.cache_read_tokens for row in rows_found)
    tokens_out = sum(row.output_tokens for row in rows_found)
    today, used = Decimal(spent.writer_day) / _NANO, Decimal(spent.month) / _NANO
    own = Decimal(spent.writer_month) / _NANO
    parts.append(
        Text(
            f"Today: **{_usd(today)}** of {_usd(day)}; {_usd(max(day - today, Decimal(0)))} left.\n"
            f"This month: **{_usd(own)}** of {_usd(writer_month)}; {_usd(max(writer_month - own, Decimal(0)))} left.\n"
            f"The last 31 days: **{_usd(Decimal(nano) / _NANO)}** in {counted(calls, 'call')} "
            f"({tokens_in:,} tokens in, {tokens_out:,} out).\n"
            f"Everybody together this month: {_share(used, month)} of the bot's budget is used."
        )
    )
    priced = f"{counted(unpriced, 'call')} of a model without a known price" if unpriced else None
    parts.append(small("US dollars; days and months by UTC; work under way counts at its most", priced))
    return Card(tuple(parts))


def _usd(amount: Decimal) -> str:
    """An amount in dollars and cents; one of less than a cent is not told as nothing."""
    return f"${amount:,.2f}" if amount == 0 or amount >= Decimal("0.01") else "less than $0.01"


def _share(used: Decimal, month: Decimal) -> str:
    return f"{min(100, int(100 * used / month))} %" if month else "all"


def help_card(*, with_model: bool) -> Card:
    """Everything the bot does, on one screen."""
    model = (
        "A model drafts from your notes alone, revises section by section and critiques with quotations. A gap is "
        "`[NEED: …]`, never filled."
        if with_model
        else "No model is configured here: your notes are set into a post unchanged, and can be edited, measured and "
        "exported."
    )
    return Card(
        (
            heading("Career Essay Bot"),
            Text(
                "It helps you turn what happened in your working life into a post worth reading.\n\n"
                "**/draft** begins an essay or returns to your latest one: answer questions, or paste notes. "
                "In a DM with the bot you can also just write: each message is an answer or a note.\n"
                "**/critique** reads any text as an editor would; so does **Apps → Critique this** on a message.\n"
                "**/export** hands over the post as a file. **/essays** lists what you have: open, rename, delete; and "
                "the critiques of pasted texts.\n"
                "What you mark **[private]** no post and no model gets, until you take the mark away.\n"
                "**/usage** says what you have spent.\n\n" + model
            ),
            small(f"Only you see your essays here. They are stored encrypted: {who_reads(with_model=with_model)}."),
        )
    )


def said(sentence: str) -> Card:
    """A sentence alone."""
    return Card((Text(sentence),))


def gone(sentence: str) -> Card:
    """What takes the place of a panel whose essay or critique is no longer there."""
    return Card((Text(sentence), *rows(press("All essays", "essays", "-"))))


def waiting(words: str, essay: str) -> Card:
    """What a panel says while a model is asked; the button helps where nothing ever comes of it."""
    return Card((Text(f"**{words}**"), *rows(press("Show the essay", "open", essay))))


def handed(sentence: str, name: str) -> Card:
    """A file with a sentence about it."""
    return Card((Text(sentence), Attached(name)))


def moved(address: str) -> Card:
    """What is left where a panel was continued in the DM; ``address`` leads there."""
    return Card((Text("Continued in your DM with the bot."), *rows(Link("Open the DM", address))))
