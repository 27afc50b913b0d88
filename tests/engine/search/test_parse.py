from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.search.parse import LONGEST, MOST_TERMS, parse
from engine.search.query import Condition, Part, Term

PIECES = (
    "dog", "-cat", '"a b"', '-"x y"', ">", "in:foo", 'in:"a b"', "-type:mov", "after:2024-02-31", "after:2024",
    "longer:1m", "dog^2", '"a b"^3', "x^0", "offline:yes", "in:", '"', "-", "--a", "a^", "foo:bar", "^2", 'a"b', "->",
)  # fmt: skip
TYPED = st.one_of(
    st.text(max_size=80),
    st.text(alphabet='ab:-"^>1. \t\u0301é🐶ن', max_size=40),
    st.lists(st.sampled_from(PIECES), max_size=9).map(" ".join),
)


@given(TYPED)
def test_any_text_means_something_and_what_is_shown_back_means_the_same(text: str) -> None:
    query = parse(text)
    again = parse(" ".join(chip.text for chip in query.chips()))
    assert (again.parts, again.absent, again.conditions) == (query.parts, query.absent, query.conditions)


def test_everything_at_once() -> None:
    query = parse('dog "red car"^2 -cat -"blue sky" > swim^0.5 in:"my holiday" -type:mov after:2024-5 longer:1m30s')
    assert query.parts == (Part((Term("dog"), Term("red car", True, 2.0))), Part((Term("swim", weight=0.5),)))
    assert query.absent == (Term("cat"), Term("blue sky", True))
    assert query.conditions == (
        Condition("in", "my holiday"),
        Condition("type", "mov", True),
        Condition("after", "2024-05"),
        Condition("longer", "90"),
    )


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("after:2024", "2024"),
        ("AFTER:2024-1-9", "2024-01-09"),
        ("before:2024/05", "2024-05"),
        ("longer:90", "90"),
        ("longer:1:30", "90"),
        ("shorter:2h", "7200"),
        ("shorter:1:00:00", "3600"),
        ("offline:Yes", "yes"),
        ("in:Träume", "Träume"),
    ],
)
def test_values_are_read_as_people_write_them(text: str, value: str) -> None:
    assert [condition.value for condition in parse(text).conditions] == [value]


@pytest.mark.parametrize(
    "text", ["after:2024-02-30", "before:soon", "after:99", "longer:-1", "longer:long", "offline:maybe", 'in:""']
)
def test_a_value_that_makes_no_sense_is_left_out_and_said(text: str) -> None:
    query = parse(f"dog {text}")
    assert not query.conditions
    assert query.parts == (Part((Term("dog"),)),)
    assert len(query.notes) == 1
    assert query.notes[0].endswith("left out.")


@pytest.mark.parametrize("text", ["", "   ", '"', '""', "-", ">", "> >", "!!!", "\x00\x07", "\ud800", "^^", '-""'])
def test_nothing_is_asked_by_marks_alone(text: str) -> None:
    assert parse(text).is_empty


def test_times_addresses_and_hyphens_are_words() -> None:
    assert parse("12:30 http://x.y well-known").parts[0].text == "12:30 http://x.y well-known"


def test_a_step_without_words_is_no_step() -> None:
    assert len(parse("> a > > b >").parts) == 2
    assert len(parse("a > b^0 > c").parts) == 2


def test_typographic_quotes_and_other_scripts_work() -> None:
    assert parse("„rotes Auto“ 개가 كلب").parts[0].terms == (Term("rotes Auto", True), Term("개가"), Term("كلب"))


def test_a_very_long_text_is_cut_and_said() -> None:
    query = parse("wort " * 20_000)
    assert len(query.parts[0].terms) == MOST_TERMS
    assert query.notes
    assert len(parse("x" * 100_000).parts[0].text) == LONGEST
