"""Which program's names these are: asks each layout in turn, the most particular first."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass

from chatbot_tui.model.importers import article, awd_lstm, char_rnn, lstm_cells, word_language_model


@dataclass(frozen=True)
class Layout:
    """How one program names its tensors."""

    name: str
    """In words, for the person."""
    fits: Callable[[Collection[str]], bool]
    """Whether these names, without wrappers' prefixes, are its own."""
    plain: Callable[[Collection[str]], Mapping[str, str]]
    """Gives for each name that counts the name by which PyTorch's own modules would call it; the others play no part."""


def unchanged(names: Collection[str]) -> Mapping[str, str]:
    """Return every name as it is."""
    return {name: name for name in names}


LAYOUTS = (
    Layout(awd_lstm.NAME, awd_lstm.fits, awd_lstm.plain),
    Layout(article.NAME, article.fits, unchanged),
    Layout(word_language_model.NAME, word_language_model.fits, unchanged),
    Layout(char_rnn.NAME, char_rnn.fits, unchanged),
    Layout(lstm_cells.NAME, lstm_cells.fits, unchanged),
    Layout("a class of one's own", lambda _names: True, unchanged),
)


def layout_of(names: Collection[str]) -> Layout:
    """Return the first layout that fits; the last one fits everything, and shapes decide."""
    return next(layout for layout in LAYOUTS if layout.fits(names))
