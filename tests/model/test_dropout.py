import pytest
import torch

from chatbot_tui.model.config import ModelConfig
from chatbot_tui.model.lstm import LanguageModel, UnitDropout


def test_locked_dropout_leaves_out_the_same_units_at_all_steps() -> None:
    torch.manual_seed(0)
    dropout = UnitDropout(0.5)
    dropout.locked = True
    x = torch.ones(6, 4, 32)  # [time, batch, width]
    y = dropout(x)
    assert (y == y[:1]).all(), "one mask for all steps"
    assert not (y[:, :1] == y).all(), "but not for all columns"
    assert set(y.unique().tolist()) == {0.0, 2.0}
    dropout.eval()
    assert dropout(x) is x


def test_dropout_draws_anew_at_each_step_unless_told_otherwise() -> None:
    torch.manual_seed(0)
    y = UnitDropout(0.5)(torch.ones(6, 4, 32))
    assert not (y == y[:1]).all()


@pytest.mark.parametrize("cell", ["tanh", "relu"])
def test_dropped_recurrent_weights_are_one_drawing_for_all_steps_of_a_call(cell: str) -> None:
    torch.manual_seed(0)
    net = LanguageModel(ModelConfig(vocab_size=9, embedding_dim=4, hidden_dim=6, num_layers=2, cell_activation=cell))
    tokens = torch.randint(9, (5, 3))
    net.recurrent_dropout = 0.4
    with torch.no_grad():
        net.train()
        torch.manual_seed(1)
        dropped, _ = net(tokens)
        # The same drawings, layer by layer, put into the weights of a net that drops nothing.
        torch.manual_seed(1)
        for layer in range(2):
            weight = net.layer_weights(layer)[1]
            weight.copy_(torch.nn.functional.dropout(weight, 0.4, training=True))
        net.eval()
        kept, _ = net(tokens)
    torch.testing.assert_close(dropped, kept, rtol=1e-5, atol=1e-6)


def test_nothing_is_dropped_in_evaluation() -> None:
    net = LanguageModel(ModelConfig(vocab_size=9, embedding_dim=4, hidden_dim=6, dropout=0.5)).eval()
    tokens = torch.randint(9, (5, 3))
    plain, _ = net(tokens)
    net.recurrent_dropout, net.dropout.locked = 0.5, True
    again, _ = net(tokens)
    torch.testing.assert_close(again, plain, rtol=0, atol=0)
