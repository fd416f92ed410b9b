"""What a model reasons between tags is held back, whole or in pieces; a text without such tags is left as it is."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.llm.reasoning import ReasoningFilter, strip_reasoning


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("The post.", "The post."),
        (" \n The post. ", " \n The post. "),
        ("A < B, said <b>she</b>.", "A < B, said <b>she</b>."),
        ("<think>Hm.</think>The post.", "The post."),
        ("<THINK>Hm.</think>\n\n<thinking>Hm.</thinking>\nThe post.", "The post."),
        ("Hm.</think>\nThe post.", "The post."),
        ("The <think>hm</think>post.", "The post."),
        ("<think>Hm, and", ""),
        ("<thought>", "<thought>"),
    ],
)
def test_the_reasoning_is_removed_from_a_reply(text: str, left: str) -> None:
    assert strip_reasoning(text) == left


@given(
    st.sampled_from(["", "\n", "<think>a</think>\n", "<thinking>a\n<b></thinking> \n\n", "<think>a", "<thi", "<"]),
    st.sampled_from(["", "The post.", "## One\n\nText.\n", "<b>Bold</b>"]),
    st.integers(1, 9),
)
def test_pieces_of_any_size_show_the_same_text(before: str, after: str, size: int) -> None:
    text = before + after
    reasoning = ReasoningFilter()
    shown = "".join(reasoning.feed(text[at : at + size]) for at in range(0, len(text), size)) + reasoning.flush()
    assert shown == strip_reasoning(text)
