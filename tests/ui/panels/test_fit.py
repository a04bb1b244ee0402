"""Every panel at every size: nothing wider or higher than the space it has, whatever the tokens look like."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.cells import cell_len

from chatbot_tui.core.frames import Counterfactual
from chatbot_tui.ui.panels.collapse import CollapsePanel
from chatbot_tui.ui.panels.headed import heading
from chatbot_tui.ui.panels.hidden_state import HiddenStatePanel
from chatbot_tui.ui.panels.inspector import Inspector
from chatbot_tui.ui.panels.next_token import NextTokenPanel
from chatbot_tui.ui.widgets.lines import join
from tests.ui.frames import COLLAPSED, LOOPING, make_frame, make_layer, make_reply
from tests.ui.panels.host import Host, at

PANELS = (NextTokenPanel, HiddenStatePanel, CollapsePanel)
widths, heights = st.integers(34, 88), st.integers(2, 29)


def check(panel: Inspector, width: int, height: int) -> None:
    lines = str(join(panel.lines(width, height))).split("\n")
    assert len(lines) <= height
    assert max(cell_len(line) for line in lines) <= width


@pytest.mark.parametrize("kind", PANELS)
@settings(max_examples=50)
@given(width=widths, height=heights, layers=st.integers(1, 6), texts=st.lists(st.text(), min_size=1, max_size=20))
def test_any_tokens_fit(kind: type[Inspector], width: int, height: int, layers: int, texts: list[str]) -> None:
    words = [(text, 0.9 * 0.5 ** (place + 1)) for place, text in enumerate(texts)]
    frame = make_frame(
        words=words,
        kept=(len(words) + 1) // 2,
        vocabulary_size=50_000,
        state=tuple(make_layer(layer, h_norm=1234.5, c_norm=1e-12, h_change=123456.7, saturated=1.0) for layer in range(layers)),
        counterfactuals=tuple(Counterfactual(f"repetition penalty 1.{n}", n % 3, text) for n, text in enumerate(texts)),
        collapse=LOOPING if len(texts) % 2 else COLLAPSED,
    )
    panel = kind()
    panel.set_reactive(Inspector.cursor, at(frame))
    check(panel, width, height)


@pytest.mark.parametrize("kind", PANELS)
@settings(max_examples=30)
@given(width=widths, height=heights, index=st.integers(0, 39))
def test_any_moment_of_a_reply_fits(kind: type[Inspector], width: int, height: int, index: int) -> None:
    panel = kind()
    panel.set_reactive(Inspector.cursor, at(*make_reply(40, COLLAPSED), index=index))
    check(panel, width, height)


@given(st.integers(20, 90), st.text(alphabet="ab1. ", max_size=80))
def test_a_heading_fits_its_edge_and_never_cuts_a_word(width: int, note: str) -> None:
    title = heading("next token", note, width)
    assert title.cell_length <= width
    shown = str(title).removeprefix(" next token ").strip("─ ").removesuffix("…").split()
    assert shown == note.split()[: len(shown)]


@pytest.mark.parametrize(
    ("width", "shown"), [(60, "candidates 8 + temperature .70 + top-p .90"), (50, "candidates 8 + temperature .70 + …")]
)
def test_a_sum_in_a_heading_loses_names_with_their_numbers(width: int, shown: str) -> None:
    title = heading("sampling", "candidates 8 + temperature .70 + top-p .90", width)
    assert str(title).removeprefix(" sampling ").strip("─ ") == shown


@pytest.mark.parametrize("size", [(36, 4), (90, 30)])
@pytest.mark.parametrize("kind", PANELS)
async def test_panels_survive_their_smallest_and_largest_size(kind: type[Inspector], size: tuple[int, int]) -> None:
    panel = kind()
    app = Host(panel)
    async with app.run_test(size=size) as pilot:
        panel.cursor = at(*make_reply(12))
        await pilot.pause()
        assert panel.region.size == size
        await pilot.resize_terminal(size[1] + 36, 12)
        await pilot.pause()
        assert panel.border_title is not None
        # The rule reaches to the other end of the edge at the new width too.
        assert cell_len(heading(panel.NAME, panel.note(), panel.size.width).plain) == panel.size.width
