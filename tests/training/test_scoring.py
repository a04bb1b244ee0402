import pytest
import torch

from chatbot_tui.model.config import ModelConfig
from chatbot_tui.model.lstm import LanguageModel
from chatbot_tui.training.scoring import SEGMENT, score


@pytest.fixture
def net() -> LanguageModel:
    torch.manual_seed(0)
    return LanguageModel(ModelConfig(11, 5, 7, 2)).double().eval().requires_grad_(False)


def row(length: int) -> list[int]:
    return [(3 * position + length) % 11 for position in range(length)]


def alone(net: LanguageModel, tokens: list[int]) -> float:
    log_p = net(torch.tensor(tokens)[:-1, None])[0][:, 0].log_softmax(dim=1)
    return float(log_p[torch.arange(len(tokens) - 1), torch.tensor(tokens[1:])].sum())


def test_rows_of_unlike_length_do_not_disturb_one_another(net: LanguageModel) -> None:
    rows = [row(length) for length in (2, SEGMENT, SEGMENT + 1, SEGMENT + 2, 5, 2 * SEGMENT + 9)]
    assert score(net, rows).log_p.tolist() == pytest.approx([alone(net, tokens) for tokens in rows], abs=1e-9)


def test_rows_in_which_nothing_follows_weigh_nothing(net: LanguageModel) -> None:
    assert score(net, [[], [3]]).log_p.tolist() == [0.0, 0.0]


@pytest.mark.parametrize("step", [0, 1, SEGMENT - 1, SEGMENT, SEGMENT + 1, SEGMENT + 30])
def test_kept_states_are_those_after_so_many_tokens(net: LanguageModel, step: int) -> None:
    rows = [row(9), row(SEGMENT + 40), row(SEGMENT + 31)]
    states = score(net, rows, keep=[(1, step), (2, step)]).states
    assert states.keys() == {(1, step), (2, step)}
    for place, (h, c) in states.items():
        state = net.zero_state(1)
        if step:
            _, state = net.hidden(torch.tensor(rows[place[0]][:step])[:, None], state)
        torch.testing.assert_close(torch.stack([h, c]), torch.stack(state)[:, :, 0], rtol=0, atol=1e-12)


def test_a_row_goes_on_from_its_state(net: LanguageModel) -> None:
    tokens = row(40)
    states = score(net, [tokens], keep=[(0, 25)]).states
    rest = score(net, [tokens[25:], row(4)], initial=[states[0, 25], states[0, 25]]).log_p[0]
    assert rest == pytest.approx(alone(net, tokens) - alone(net, tokens[:26]), abs=1e-9)
