from collections.abc import Sequence

import pytest
import torch

from chatbot_tui.model.lstm import LanguageModel
from chatbot_tui.signals.continuation import Choose, continue_texts, drawn, likeliest
from tests.nets import tiny_checkpoint, word_tokenizer

TEXTS = torch.arange(12).reshape(3, 4) % 8


def net() -> LanguageModel:
    return tiny_checkpoint(word_tokenizer()).model


def go_on(
    model: LanguageModel, tokens: int, *, banned: Sequence[int] = (), end: int | None = None, choose: Choose = likeliest
) -> tuple[tuple[int, ...], ...]:
    hidden, state = model.hidden(TEXTS)
    return continue_texts(model, hidden[-1], state, tokens, banned=banned, end=end, choose=choose)


def slowly(model: LanguageModel, text: Sequence[int], tokens: int, banned: Sequence[int], end: int | None) -> tuple[int, ...]:
    """Say the likeliest token one at a time, the whole text read afresh, on its own: no state is carried, no row stands beside it."""
    read, reply = list(text), []
    for step in range(tokens):
        logits = model(torch.tensor(read)[:, None])[0][-1, 0].tolist()
        silent = {*banned, *([end] if step == 0 else [])}
        token = max((token for token in range(len(logits)) if token not in silent), key=lambda token: logits[token])
        if token == end:
            break
        reply.append(token)
        read.append(token)
    return tuple(reply)


@pytest.mark.parametrize("banned", [(), (5, 9, 11)])
@pytest.mark.parametrize("end", [None, 2, 6])
def test_many_texts_go_on_as_each_does_by_itself(banned: tuple[int, ...], end: int | None) -> None:
    model = net()
    replies = go_on(model, 12, banned=banned, end=end)
    assert replies == tuple(slowly(model, text.tolist(), 12, banned, end) for text in TEXTS.T)


def test_a_reply_stands_before_its_end_and_is_never_empty() -> None:
    model = net()
    model.fc.bias[6], model.fc.bias[5] = 200.0, 100.0
    # 6 is likeliest and may not come first: 5, then the end.
    assert go_on(model, 12, end=6) == ((5,),) * 4
    assert go_on(model, 12) == ((6,) * 12,) * 4


def test_where_every_token_is_banned_none_is() -> None:
    model = net()
    everything = range(model.config.vocab_size)
    assert go_on(model, 5, banned=everything) == go_on(model, 5)


def test_what_is_drawn_depends_on_the_seed_alone_and_keeps_to_the_bans() -> None:
    model = net()
    model.fc.weight.zero_()
    model.fc.bias.zero_()
    first, again, other = (go_on(model, 40, banned=(5,), choose=drawn(torch.Generator().manual_seed(seed))) for seed in (1, 1, 2))
    assert first == again != other
    # 160 fair draws among 18 tokens: some token is missed with a chance of at most 18 * (17 / 18) ** 160 = .2 %, and the seed is fixed.
    assert {token for reply in first for token in reply} == set(range(model.config.vocab_size)) - {5}


def test_a_token_is_drawn_as_often_as_the_softmax_says() -> None:
    choose = drawn(torch.Generator().manual_seed(0))
    tokens = choose(torch.tensor([0.0, float("-inf"), 1.0986122886681098]).expand(10_000, 3))
    # ln 3: odds of 1 to 3. The standard deviation of the share is sqrt(.25 * .75 / 10,000) = .0043.
    shares = torch.bincount(tokens, minlength=3) / 10_000
    assert shares[1] == 0
    assert abs(float(shares[2]) - 0.75) < 4 * 0.0043
