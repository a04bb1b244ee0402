import io
import sys

import pytest

from chatbot_tui.commands.output import number, visible, warn, write


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_a_terminal_is_shown_control_characters_and_obeys_none(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = Terminal()
    monkeypatch.setattr(sys, "stdout", terminal)
    write("a\x1b[31m\r\x9b b\tc é\n")
    assert terminal.getvalue() == "a\\x1b[31m\\r\\x9b b\tc é\n"


def test_a_pipe_gets_the_text_as_it_is(capsys: pytest.CaptureFixture[str]) -> None:
    write("a\x1b[31m\n")
    assert capsys.readouterr().out == "a\x1b[31m\n"


def test_what_the_encoding_lacks_becomes_a_question_mark(monkeypatch: pytest.MonkeyPatch) -> None:
    raw = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(raw, encoding="ascii"))
    write("é\udc80 x")
    assert raw.getvalue() == b"?? x"


def test_a_warning_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    warn("two\nlines \x1b[31m")
    assert capsys.readouterr().err == "chatbot-tui: two lines \\x1b[31m\n"


def test_letters_marks_and_emoji_stay_as_they_are() -> None:
    assert visible("e\u0301 👩\u200d💻 \u00a0") == "e\u0301 👩\u200d💻 \u00a0"


@pytest.mark.parametrize(("value", "shown"), [(0.1, 0.1), (None, None), (float("nan"), None), (float("-inf"), None), (0.0, 0.0)])
def test_unknown_figures_are_null(value: float | None, shown: float | None) -> None:
    assert number(value) == shown
