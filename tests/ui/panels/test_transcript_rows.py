"""Rows that are kept as drawn look as if they had been drawn anew."""

from hypothesis import given, settings
from hypothesis import strategies as st
from textual.app import App, ComposeResult
from textual.strip import Strip

from chatbot_tui.ui.panels.entry import Entry
from chatbot_tui.ui.panels.transcript import Transcript
from chatbot_tui.ui.panels.transcript_rows import TranscriptRows

WORDS = st.sampled_from([" the", " a", " beatles", " wonderful", "\n", ""])
CHANGES = st.lists(
    st.one_of(
        st.lists(st.tuples(WORDS, st.floats(0, 1)), min_size=1, max_size=8).map(lambda tokens: ("extend", tokens)),
        st.sampled_from(["bot", "you"]).map(lambda speaker: ("add", speaker)),
        st.just(("note", "stopped")),
        st.just(("remove", 1)),
        st.just(("shade", None)),
        st.integers(0, 5).map(lambda token: ("cursor", token)),
    ),
    min_size=1,
    max_size=12,
)


BEGINNING: list[tuple[str, object]] = [("add", "you"), ("add", "bot"), ("extend", [(" the", 0.9), (" a", 0.1)])]


class Host(App[None]):
    CSS = "Transcript > .transcript--sure { background: blue; } Transcript > .transcript--cursor { text-style: reverse; }"

    def __init__(self) -> None:
        super().__init__()
        self.transcript = Transcript()

    def compose(self) -> ComposeResult:
        yield self.transcript


def change(transcript: Transcript, what: str, argument: object) -> None:
    match what, argument:
        case "extend", list(tokens) if transcript.entries:
            transcript.extend(tokens)
        case "add", "bot" | "you" as speaker:
            entry = Entry("you", "hello there my friend") if speaker == "you" else Entry("bot")
            transcript.add(entry)
        case "note", str(note) if transcript.entries:
            transcript.annotate(0, note)
        case "remove", int(turns) if len(transcript.entries) >= turns:
            transcript.remove_last(turns)
        case "shade", _:
            transcript.shade = not transcript.shade
        case "cursor", int(token):
            last = len(transcript.entries) - 1
            known = last >= 0 and token < len(transcript.entries[last].starts)
            transcript.cursor = (last, token) if known else None


def rows(transcript: Transcript) -> list[Strip]:
    return [transcript.render_line(y) for y in range(transcript.size.height)]


def afresh(transcript: Transcript) -> list[Strip]:
    kept, transcript._rows = transcript._rows, TranscriptRows(transcript)
    transcript._rows.begin(transcript.scrollable_content_region.width)
    drawn = rows(transcript)
    transcript._rows = kept
    return drawn


@settings(max_examples=25, deadline=None)
@given(CHANGES)
async def test_what_is_kept_looks_like_what_is_drawn_anew(changes: list[tuple[str, object]]) -> None:
    app = Host()
    async with app.run_test(size=(24, 8)) as pilot:
        for what, argument in [*BEGINNING, *changes]:
            change(app.transcript, what, argument)
            await pilot.pause()
            kept = rows(app.transcript)
            assert kept == afresh(app.transcript)
