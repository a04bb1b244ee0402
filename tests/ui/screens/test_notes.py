"""What stands under a turn."""

import pytest

from chatbot_tui.core.frames import TokenScore
from chatbot_tui.ui.screens.notes import ending, surprise


def score(text: str, surprisal: float | None) -> TokenScore:
    return TokenScore(0, text, surprisal)


def test_surprise_is_the_mean_over_the_tokens_and_names_the_greatest() -> None:
    tokens = [score("do", None), score(" you", 1.0), score(" like", 2.0), score(" beatles", 9.0)]
    # (1 + 2 + 9) / 3 = 4; the first token has nothing before it.
    assert surprise(tokens, ()) == "surprisal 4.00 nats a token · most: beatles 9.00"


@pytest.mark.parametrize(
    ("tokens", "dropped", "line"),
    [
        ([score(" hi", 3.0)], (), "surprisal 3.00 nats a token"),
        ([score(" hi", None)], (), ""),
        ([score(" a", 1.0), score("\n", 2.0)], (), "surprisal 1.50 nats a token · most: ␣ 2.00"),
        ([], ("zyx", "q\x1b"), "not in its vocabulary: zyx, q␛"),
    ],
)
def test_surprise_says_only_what_there_is(tokens: list[TokenScore], dropped: tuple[str, ...], line: str) -> None:
    assert surprise(tokens, dropped) == line


def test_an_ending_is_told_only_where_it_is_none_of_the_usual() -> None:
    assert ending("end", 5, "healthy", None) == ""
    assert ending("length", 60, "collapsed", 2) == "stopped at the limit of 60 tokens · collapsed since token 2"
