"""The next-token panel: which stage a number belongs to, who was cut by what, and how the draw came about."""

import re
from typing import Any

import pytest

from chatbot_tui.core.frames import Candidate
from chatbot_tui.ui.cursor import EMPTY
from chatbot_tui.ui.panels.candidates import shown, tail_line
from chatbot_tui.ui.panels.next_token import NextTokenPanel
from tests.ui.frames import make_frame, make_reply
from tests.ui.panels.host import Host, at, text_of


def panel_at(**changes: Any) -> NextTokenPanel:
    panel = NextTokenPanel()
    panel.set_reactive(NextTokenPanel.cursor, at(make_frame(**changes)))
    return panel


def test_every_probability_stands_under_its_stage() -> None:
    lines = text_of(panel_at(), 60, 13)
    # .41 and .14 were kept: .41/.55 = .745... and .14/.55 = .254...
    assert re.fullmatch(r"  token +logit  model +after sampling", lines[0])
    assert re.fullmatch(r"> ␣the +9\.11  \S+ +\.41  \S+ +\.75", lines[1])
    assert re.fullmatch(r"  ␣a +8\.03  \S+ +\.14  \S+ +\.25", lines[2])


def test_a_cut_token_names_its_stage_and_is_struck_out() -> None:
    panel = panel_at()
    assert re.fullmatch(r"  ␣movie +7\.19  \S+ +\.060  cut: top-k", text_of(panel, 60, 13)[3])
    row = panel.lines(60, 13)[3]
    assert any("strike" in style and text == "␣movie" for text, style in row)


def test_the_tail_holds_all_that_has_no_row() -> None:
    frame = make_frame()
    # Three rows are shown: 8000 - 3 tokens remain, with 1 - .41 - .14 - .06 = .39 before and nothing after sampling.
    text = "".join(piece for piece, _ in tail_line(shown(frame, 3), frame, 60))
    assert re.fullmatch(r"  … 7,997 more +█+\S? +\.39 +0", text)


def test_a_drawn_token_outside_the_likeliest_still_has_its_row() -> None:
    lines = text_of(panel_at(drawn=5, kept=6), 60, 5)
    assert [line[2:].split()[0] for line in lines[1:4]] == ["␣the", "␣a", "␣beatles"]
    assert lines[3].startswith(">")


def test_the_ruler_points_at_u() -> None:
    # Kept: the .745, a .255. u = .745 / 2 = .3727; the ruler has 60 - 10 = 50 cells, so the bound is cell round(.745 * 49) = 37
    # and u cell round(.3727 * 49) = 18.
    lines = text_of(panel_at(), 60, 13)
    ruler = next(line for line in lines if line.startswith("u = "))
    pointer = lines[lines.index(ruler) + 1]
    assert ruler.startswith("u = .3727 ├")
    assert ruler[10 + 37] == "┼"
    assert pointer.index("▲") == 10 + 18
    assert "drew ␣the, p .75" in pointer


def test_without_room_for_the_pointer_it_stands_in_the_ruler() -> None:
    ruler = next(line for line in text_of(panel_at(), 60, 6) if line.startswith("u = "))
    assert ruler[10 + 18] == "▼"


def test_a_drawn_token_beyond_the_ruler_lies_where_the_walk_reached_it() -> None:
    frame = make_frame(kept=6, drawn=5)
    far = make_frame(kept=6, drawn=5, ruler=(frame.ruler[0], frame.ruler[5]))
    panel = NextTokenPanel()
    panel.set_reactive(NextTokenPanel.cursor, at(far))
    ruler = next(line for line in text_of(panel, 60, 6) if line.startswith("u = "))
    # beatles: .69/.70 = .9857 of the mass stands before it: cell round(.9857 * 49) = 48 of 50, and u in its middle rounds to 49.
    assert ruler[10 + 48] == "┼"
    assert ruler[10 + 49] == "▼"


def test_greedy_says_that_nothing_was_drawn() -> None:
    lines = text_of(panel_at(u=None, kept=1), 60, 13)
    assert "greedy: no draw, the largest logit wins" in lines
    assert not any("▲" in line for line in lines)


def test_counterfactuals_name_strategy_and_token() -> None:
    assert "same u: greedy → ␣the  T .7 → ␣a  top-k 5 → ␣the" in text_of(panel_at(), 60, 13)


def test_a_pinned_word_shows_its_probability_rank_and_course() -> None:
    panel = NextTokenPanel()
    frames = [make_frame(step, words=((" the", p), (" a", 0.1))) for step, p in enumerate((0.1, 0.4, 0.6))]
    panel.set_reactive(NextTokenPanel.cursor, at(*frames))
    # From 0 to the largest, .6, over seven heights: .1 is height 6 * .1 / .6 = 1, .4 is 4, .6 is 6.
    assert text_of(panel, 60, 13)[-1].split() == ["◆", "␣the", ".60", "#1", "▂▅▇"]


def test_a_pinned_word_far_down_the_list_has_its_own_rank() -> None:
    far = Candidate(4711, " zebra", -3.0, 4.1e-7, 0.0, "top_k", rank=6420)
    line = text_of(panel_at(pinned=(far,)), 60, 13)[-1]
    assert "4.1e-7 #6,421" in line


def test_markup_and_control_characters_are_shown_as_they_are() -> None:
    lines = text_of(panel_at(words=(("[red]\x1b[0m\n", 0.5), ("漢字", 0.4))), 60, 13)
    assert lines[1].startswith("> [red]␛[0m⏎")
    # Wide characters take two cells each: the columns after them stay where they are.
    assert lines[2].index(".40") + 2 == lines[1].index(".50")


@pytest.mark.parametrize(("height", "expected"), [(3, 2), (6, 3), (30, 6)])
def test_height_decides_how_many_tokens_have_a_row(height: int, expected: int) -> None:
    assert sum("␣" in line[:4] and "◆" not in line for line in text_of(panel_at(), 60, height)) == expected


def test_without_a_frame_it_says_what_will_appear() -> None:
    panel = NextTokenPanel()
    panel.set_reactive(NextTokenPanel.cursor, EMPTY)
    assert text_of(panel, 60, 8) == ["The odds of every next word appear here."]
    assert text_of(panel, 20, 8) == ["The odds of every", "next word appear", "here."]


async def test_heading_and_rows_follow_the_cursor() -> None:
    frames = make_reply(8)
    panel = NextTokenPanel()
    app = Host(panel)
    async with app.run_test(size=(60, 16)) as pilot:
        panel.cursor = at(*frames, index=7)
        await pilot.pause()
        assert panel.border_title is not None
        assert "step 7 · entropy 3.2 nats" in panel.border_title
        panel.cursor = at(*frames, index=4)
        await pilot.pause()
        assert "step 4 · entropy 3.2 nats" in panel.border_title
        assert "> ␣a" in str(panel.render())


def test_it_says_how_many_tokens_each_stage_cut() -> None:
    lines = text_of(panel_at(cuts={"top_k": 7960, "top_p": 38}), 60, 14)
    assert "kept 2 of 8,000 · .57 nats left · top-k cut 7,960" in lines
    assert "kept 2 of 8,000 · .57 nats left · top-k cut 7,960 · top-p cut 38" in text_of(
        panel_at(cuts={"top_k": 7960, "top_p": 38}), 80, 14
    )


def test_the_draw_names_the_token_as_the_vocabulary_has_it() -> None:
    # The reply's first token loses its leading space, an end token all of its text.
    frame = panel_at(words=(("<end>", 0.5), (" a", 0.1)), text="", is_end=True)
    assert any("drew <end>" in line for line in text_of(frame, 60, 14))


def test_mirostat_shows_its_limit() -> None:
    assert panel_at(mirostat_mu=9.876).note() == "step 0 · 3.2 nats · limit 9.9 bits"
