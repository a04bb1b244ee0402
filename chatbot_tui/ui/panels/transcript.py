"""The conversation on screen: every token shaded by its probability, ten thousand turns as light as one."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from rich.cells import get_character_cell_size
from textual import events
from textual.binding import Binding, BindingType
from textual.geometry import Offset, Region, Size
from textual.message import Message
from textual.reactive import Reactive, reactive
from textual.scroll_view import ScrollView
from textual.selection import Selection
from textual.strip import Strip

from chatbot_tui.core.ports import Speaker
from chatbot_tui.ui.panels.entry import END_MARK, Entry
from chatbot_tui.ui.panels.transcript_rows import TranscriptRows, placed

if TYPE_CHECKING:
    from chatbot_tui.core.frames import TokenScore

NARROW = 30
"""Columns below which the speakers' names shrink to a sign."""


class Transcript(ScrollView, can_focus=True):
    """All turns as one list of rows, of which only the visible ones are ever drawn.

    Follows its end unless scrolled away from it. Left and right ask for the token before and after the cursor.
    """

    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "transcript--you",
        "transcript--bot",
        "transcript--note",
        "transcript--sure",
        "transcript--surprising",
        "transcript--cursor",
    }
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("left", "walk(-1)", "Token before", id="walk-back", tooltip="Look at the token before this one", show=False),
        Binding("right", "walk(1)", "Token after", id="walk-on", tooltip="Look at the token after this one", show=False),
        Binding("up", "scroll_up", "Scroll up", show=False),
        Binding("down", "scroll_down", "Scroll down", show=False),
        Binding("pageup", "page_up", "Page up", show=False),
        Binding("pagedown", "page_down", "Page down", show=False),
        Binding("home", "scroll_home", "To the first turn", show=False),
        Binding("end", "live", "Newest token", id="live", tooltip="Look at the newest token again", show=False),
    ]

    cursor: reactive[tuple[int, int] | None] = reactive(None)
    """The turn and token that is looked at; None while the newest is."""
    # More rows change nothing but the scroll bar, which always stands: no reason to lay out and redraw the whole screen with every row.
    virtual_size: Reactive[Size] = Reactive(Size(0, 0))
    shade: reactive[bool] = reactive(True)
    """Whether tokens are shaded by their probability."""

    @dataclass
    class Walked(Message):
        """The person asked for the token some places away from the cursor."""

        by: int

    @dataclass
    class TokenChosen(Message):
        """The person pointed at a token."""

        turn: int
        token: int

    class LiveWanted(Message):
        """The person asked for the newest token."""

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 (Textual's own name)
        super().__init__(id=id)
        self.entries: list[Entry] = []
        """One a turn, oldest first."""
        self._tops: list[int] = []
        self._height = 0
        self._rows = TranscriptRows(self)
        self._drawing = False
        self.greeting: Sequence[tuple[str, str]] = ()
        """What stands here before anything is said: paragraphs of words, each beside its key."""

    # What others tell it

    def load(self, entries: Iterable[Entry]) -> None:
        """Show another conversation."""
        self.entries = list(entries)
        self.cursor = None
        self._layout_all(follow=True)

    def add(self, entry: Entry) -> int:
        """Show one more turn and return its number."""
        follow = self.follows
        entry.fit(self._text_width)
        self._tops.append(self._height)
        self.entries.append(entry)
        self._grown(follow)
        return len(self.entries) - 1

    def extend(self, tokens: Sequence[tuple[str, float]]) -> None:
        """Add tokens, each with its probability, to the last turn."""
        follow = self.follows
        # The last row may take more words; the rows before it stand as they are.
        self._rows.forget(self._tops[-1] + max(0, len(self.entries[-1].rows) - 1))
        self.entries[-1].extend(tokens)
        self._grown(follow)

    def score(self, turn: int, scores: Iterable[TokenScore]) -> None:
        """Shade what a person typed by how much it surprised the net."""
        self.entries[turn].score(scores)
        self._rows.forget()
        self.refresh()

    def retell(self, turn: int, tokens: Iterable[tuple[str, float]]) -> None:
        """Give an old reply its tokens back."""
        self.entries[turn].retell(tokens)
        self._layout_all(follow=self.follows)

    def annotate(self, turn: int, note: str) -> None:
        """Put a line under a turn; an empty one removes it."""
        follow = self.follows
        self.entries[turn].note = note
        self.entries[turn].fit(self._text_width)
        self._rows.forget()
        if turn == len(self.entries) - 1:
            self._grown(follow)
        else:
            self._layout_all(follow)

    def remove_last(self, turns: int) -> None:
        """Take turns away from the end."""
        if turns > 0:
            self.cursor = None
            self._rows.forget()
            del self.entries[-turns:], self._tops[-turns:]
            self._grown(follow=True)

    @property
    def follows(self) -> bool:
        """Whether the newest row is in view."""
        return self.scroll_offset.y >= self.max_scroll_y - 1

    # Layout

    @property
    def _gutter(self) -> int:
        return 2 if self.scrollable_content_region.width < NARROW else 5

    @property
    def _text_width(self) -> int:
        return max(2, self.scrollable_content_region.width - self._gutter)

    def _layout_all(self, follow: bool) -> None:
        self._rows.forget()
        width, self._height = self._text_width, 0
        self._tops = []
        for entry in self.entries:
            if entry.width != width or not entry.rows:
                entry.fit(width)
            self._tops.append(self._height)
            self._height += entry.height
        self._grown(follow)

    def _grown(self, follow: bool) -> None:
        self._height = self._tops[-1] + self.entries[-1].height if self.entries else 0
        # The blank row below the last turn is not worth a row of the screen.
        size = Size(self.scrollable_content_region.width, max(0, self._height - 1))
        if size != self.virtual_size:
            self.virtual_size = size
            self.vertical_scrollbar.window_virtual_size = size.height
        if follow:
            self.scroll_to(y=self.max_scroll_y, animate=False)
        self.refresh()

    def on_resize(self) -> None:
        """Wrap everything again where the width changed, and keep the place."""
        follow, top = self.follows or not self.scroll_offset.y, self._locate(self.scroll_offset.y)
        self._layout_all(follow)
        if not follow and top is not None:
            turn, row = top
            self.scroll_to(y=self._tops[turn] + min(row, self.entries[turn].height - 1), animate=False)

    def _locate(self, y: int) -> tuple[int, int] | None:
        """Return the turn at a row, and which of the turn's rows it is."""
        turn = bisect_right(self._tops, y) - 1
        return (turn, y - self._tops[turn]) if 0 <= turn < len(self.entries) and y < self._height else None

    # Drawing

    def notify_style_update(self) -> None:
        """Forget the colours of the old theme."""
        super().notify_style_update()
        self._rows.restyle()

    def render_lines(self, crop: Region) -> list[Strip]:
        """Draw the visible rows."""
        self._rows.begin(self.scrollable_content_region.width)
        self._drawing = True
        try:
            return super().render_lines(crop)
        finally:
            self._drawing = False

    def render_line(self, y: int) -> Strip:
        """Draw one row; outside of drawing, as where the mouse selects, with the places of its characters."""
        y += self.scroll_offset.y
        place = self._locate(y)
        if place is None:
            return self._rows.blank() if self.entries else self._rows.greet(self.greeting, y)
        turn, row = place
        entry = self.entries[turn]
        start, end = entry.rows[row] if row < len(entry.rows) else (0, 0)
        chosen = self.cursor[1] if self.cursor and self.cursor[0] == turn else -1
        strip = self._rows.draw(entry, row, y, self._gutter, chosen, self._selected(y, end - start), self.shade)
        return strip if self._drawing else placed(strip, y, end - start)

    # Selecting and walking

    @property
    def allow_select(self) -> bool:
        """Whether the mouse may select: yes, though this is a container."""
        return True

    def selection_updated(self, selection: Selection | None) -> None:  # noqa: ARG002 (Textual's hook)
        """Draw the selection."""
        self.refresh()

    def _selected(self, y: int, length: int) -> tuple[int, int]:
        span = self.text_selection.get_span(y) if self.text_selection is not None else None
        if span is None:
            return 0, 0
        return span[0], length if span[1] == -1 else span[1]

    def get_selection(self, selection: Selection) -> tuple[str, str] | None:
        """Return the selected words, without the names of the speakers and without the breaks that only the width made."""
        first = self._character(selection.start or Offset(0, 0))
        last = self._character(selection.end) if selection.end else (len(self.entries) - 1, 1 << 60)
        if not self.entries or first is None or last is None:
            return None
        (turn, a), (last_turn, b) = first, last
        texts = []
        for number in range(turn, last_turn + 1):
            text = self.entries[number].text
            texts.append(text[a if number == turn else 0 : b if number == last_turn else len(text)].replace(END_MARK, "").strip())
        return "\n".join(texts), "\n"

    def _character(self, offset: Offset) -> tuple[int, int] | None:
        place = self._locate(min(max(0, offset.y), self._height - 1))
        if place is None:
            return None
        turn, row = place
        entry = self.entries[turn]
        if row >= len(entry.rows):
            return turn, len(entry.text)
        start, end = entry.rows[row]
        return turn, min(end, start + max(0, offset.x))

    def on_click(self, event: events.Click) -> None:
        """Choose the token under the mouse."""
        place = event.get_content_offset(self)
        chosen = None if place is None else self._token_at(place)
        if chosen is not None and self.entries[chosen[0]].speaker == "bot":
            self.post_message(self.TokenChosen(*chosen))

    def _token_at(self, offset: Offset) -> tuple[int, int] | None:
        """Return the turn and token that is drawn at a cell of the content; None beside the words and where tokens are not known."""
        place = self._locate(offset.y + self.scroll_offset.y)
        if place is None or place[1] >= len(self.entries[place[0]].rows):
            return None
        turn, row = place
        entry, cells = self.entries[turn], offset.x - self._gutter
        for character in range(*entry.rows[row]) if cells >= 0 else ():
            cells -= get_character_cell_size(entry.text[character])
            if cells < 0:
                token = entry.token_at(character)
                return (turn, token) if token >= 0 else None
        return None

    def action_walk(self, by: int) -> None:
        """Ask for a neighbouring token."""
        self.post_message(self.Walked(by))

    def watch_shade(self) -> None:
        """Draw every row anew."""
        self._rows.forget()

    def action_live(self) -> None:
        """Ask for the newest token."""
        self.post_message(self.LiveWanted())

    def watch_cursor(self, cursor: tuple[int, int] | None) -> None:
        """Bring the chosen token into view."""
        self._rows.forget()
        if cursor is not None and cursor[1] < len(self.entries[cursor[0]].starts):
            y = self._tops[cursor[0]] + self.entries[cursor[0]].row_of(cursor[1])
            height = self.scrollable_content_region.height
            if not self.scroll_offset.y <= y < self.scroll_offset.y + height:
                self.scroll_to(y=max(0, y - height // 2), animate=False)


def turn_entry(speaker: Speaker, text: str) -> Entry:
    """Return a turn whose tokens are not known (yet)."""
    from chatbot_tui.ui.panels.wrapping import printable

    return Entry(speaker, printable(text))
