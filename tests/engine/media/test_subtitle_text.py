from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.media.subtitle_text import MAX_CUES, MAX_TEXT, clean_text, decode_text, parse_cues
from engine.types import Cue

SRT = """1
00:00:01,500 --> 00:00:03,000
<i>Hello</i> <font color="#fff">there</font>

2
00:01:02,25 --> 01:00:00,000 X1:40 X2:600
two
lines

"""

VTT = """WEBVTT - made by hand

STYLE
::cue { color: red }

NOTE nobody reads this

intro
00:01.000 --> 00:02.500 align:start position:0%
<v Anna>Come <c.loud>in</c>, <00:00:01.500>please</v> &amp; sit

00:02:00.000 --> 00:02:01.000
bye
"""

ASS = """[Script Info]
Title: x

[V4+ Styles]
Format: Name, Fontname
Style: Default,Arial

[Events]
Format: Layer, Start, End, Style, Name, MarginL, MarginR, MarginV, Effect, Text
Comment: 0,0:00:00.00,0:00:01.00,Default,,0,0,0,,hidden
Dialogue: 0,0:00:01.50,0:00:03.00,Default,,0,0,0,,{\\an8\\b1}Look, {\\b0}a\\Ndog
Dialogue: 0,0:00:04.00,0:00:05.00,Default,,0,0,0,,{\\p1}m 0 0 l 100 0{\\p0}
"""

SENTENCES = {
    "cp932": "これはテストです。犬がプールに飛び込みます",
    "cp949": "안녕하세요 강아지가 수영장으로 뛰어듭니다",
    "cp1251": "Привет, собака прыгает в бассейн",
    "gb18030": "你好 一只棕色的狗跳进了游泳池 孩子们都笑了",
    "cp1252": "Grüße aus Köln, c'était très bien",
}


def test_subrip_loses_its_tags_and_keeps_its_times() -> None:
    assert parse_cues(SRT, "en") == (
        Cue(1.5, 3.0, "Hello there", "en"),
        Cue(62.25, 3600.0, "two lines", "en"),
    )


def test_webvtt_comments_styles_and_voices_are_not_words() -> None:
    assert parse_cues(VTT) == (Cue(1.0, 2.5, "Come in, please & sit"), Cue(120.0, 121.0, "bye"))


def test_ass_overrides_drawings_and_comments_are_left_out() -> None:
    assert parse_cues(ASS) == (Cue(1.5, 3.0, "Look, a dog"),)


def test_ass_fields_come_in_the_order_the_file_states() -> None:
    text = "[Events]\nFormat: Text2, End, Start, Text\nDialogue: x,0:00:02.00,0:00:01.00,a, b\n"
    assert parse_cues(text) == (Cue(1.0, 2.0, "a, b"),)


def test_a_broken_block_costs_only_itself() -> None:
    broken = "1\n00:00:xx --> 00:00:03,000\nlost\n\n2\n00:00:09,000 --> 00:00:03,000\nbackwards\n\n" + SRT
    assert [cue.text for cue in parse_cues(broken)] == ["Hello there", "two lines"]


def test_blocks_without_a_blank_line_between_them_keep_their_numbers_out_of_the_words() -> None:
    text = "1\n00:00:01,000 --> 00:00:02,000\none\n2\n00:00:02,000 --> 00:00:03,000\ntwo\n"
    assert [cue.text for cue in parse_cues(text)] == ["one", "two"]


def test_a_cue_that_is_only_a_number_is_kept() -> None:
    assert [cue.text for cue in parse_cues("1\n00:00:01,000 --> 00:00:02,000\n42")] == ["42"]


def test_rolling_captions_become_one_longer_cue() -> None:
    text = "".join(f"00:0{n}.000 --> 00:0{n + 1}.000\nsame words\n\n" for n in range(4))
    assert parse_cues("WEBVTT\n\n" + text) == (Cue(0.0, 4.0, "same words"),)


@pytest.mark.parametrize("ending", ["\n", "\r\n", "\r"])
def test_any_line_ending_is_read(ending: str) -> None:
    assert len(parse_cues(SRT.replace("\n", ending))) == 2


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
def test_unicode_files_are_read_with_or_without_a_mark(encoding: str) -> None:
    assert parse_cues(decode_text((SRT + "é").encode(encoding)))[0].text == "Hello there"


@pytest.mark.parametrize("encoding", SENTENCES)
def test_older_encodings_are_recognised_by_their_script(encoding: str) -> None:
    text = f"1\n00:00:01,000 --> 00:00:02,000\n{SENTENCES[encoding]}\n"
    assert decode_text(text.encode(encoding)) == text


def test_one_bad_byte_does_not_turn_a_unicode_file_into_another_encoding() -> None:
    data = SENTENCES["cp949"].encode() * 3 + b"\xff"
    assert decode_text(data).startswith(SENTENCES["cp949"])


def test_a_smaller_than_sign_is_not_a_tag() -> None:
    assert clean_text("1 < 2 > 0, I <3 you") == "1 < 2 > 0, I <3 you"


def test_endless_text_and_endless_cues_are_bounded() -> None:
    assert len(clean_text("word " * 100_000)) == MAX_TEXT
    many = "".join(
        f"{n // 3600:02}:{n // 60 % 60:02}:{n % 60:02},0 --> 99:00:00,0\n{n}\n\n" for n in range(MAX_CUES + 50)
    )
    assert len(parse_cues(many)) == MAX_CUES


@settings(deadline=None)
@given(st.binary(max_size=400))
def test_no_bytes_make_the_parsers_raise(data: bytes) -> None:
    for cue in parse_cues(decode_text(data)):
        assert 0 <= cue.start_s < cue.end_s


_PIECES = st.sampled_from(
    ["00:00:01,000 --> 00:00:02,000", "\n", "\n\n", "[Events]\n", "Format:", "Dialogue: 0,0:00:01.00,0:00:02.00,,", ","]
)


@settings(deadline=None)
@given(st.lists(st.one_of(_PIECES, st.text(max_size=12)), max_size=30))
def test_no_mixture_of_the_formats_makes_the_parsers_raise(pieces: list[str]) -> None:
    cues = parse_cues("".join(pieces))
    assert list(cues) == sorted(cues, key=lambda cue: cue.start_s)
    assert all(cue.text.encode() and "\n" not in cue.text for cue in cues)
