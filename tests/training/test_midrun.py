from typing import Any

import pytest
import torch

from chatbot_tui.core.errors import InputError
from chatbot_tui.core.lab import INTERVENTIONS
from chatbot_tui.training.loop import Trainer
from chatbot_tui.training.midrun import intervene, turn_knob
from tests.training.tiny import recipe, same, trainer, weights


def begun(**changes: Any) -> Trainer:
    made = trainer(recipe(**changes))
    made.advance()
    made.advance()
    return made


def done(made: Trainer, name: str) -> str:
    return intervene(made, name, recipe())


def test_a_knob_rules_the_next_step() -> None:
    made = begun()
    assert turn_knob(made, "learning_rate", "0.02") == "learning_rate from 0.01 to 0.02"
    made.advance()
    assert [group["lr"] for group in made.optimizer.param_groups] == [0.02]


def test_a_knob_that_makes_no_sense_any_more_is_refused() -> None:
    made = begun()
    with pytest.raises(InputError, match="hidden_dim cannot change in mid-run"):
        turn_knob(made, "hidden_dim", "16")


def test_a_wrong_value_leaves_the_run_as_it_was() -> None:
    made = begun()
    before = made.recipe
    with pytest.raises(InputError, match="weight_decay is 'much': it must be a number from 0 to 100"):
        turn_knob(made, "weight_decay", "much")
    assert made.recipe is before


def test_an_optimiser_of_the_same_kind_keeps_what_it_has_learnt() -> None:
    made = begun()
    optimizer = made.optimizer
    turn_knob(made, "weight_decay", "0.5")
    assert made.optimizer is optimizer
    assert optimizer.param_groups[0]["weight_decay"] == 0.5


def test_the_decoupled_decay_of_sgd_can_be_turned() -> None:
    made = begun(optimizer="sgdw", weight_decay=0.1)
    turn_knob(made, "weight_decay", "0.25")
    assert made.optimizer.param_groups[0]["decoupled_decay"] == 0.25
    # Otherwise it would decay twice.
    assert made.optimizer.param_groups[0]["weight_decay"] == 0.0


def test_a_changed_learning_rate_alone_trains_as_if_it_had_always_been_so() -> None:
    turned, always = trainer(recipe()), trainer(recipe(learning_rate=0.03))
    turn_knob(turned, "learning_rate", "0.03")
    for made in (turned, always):
        torch.manual_seed(4)
        made.advance()
    assert same(weights(turned), weights(always))


def test_the_learning_rate_becomes_thirty_times_as_high() -> None:
    made = begun()
    done(made, "rate")
    assert made.recipe.learning_rate == pytest.approx(0.3)


def test_the_lstm_is_drawn_anew_from_almost_nothing_and_the_rest_stays() -> None:
    made = begun()
    before = weights(made)
    done(made, "near-zero")
    for name, tensor in weights(made).items():
        if name.startswith("lstm"):
            assert 0 <= float(tensor.min()) <= float(tensor.max()) < 0.001
            assert not torch.equal(tensor, before[name])
        else:
            assert torch.equal(tensor, before[name])


def test_decay_becomes_coupled_and_spares_the_biases() -> None:
    made = begun(optimizer="adamw")
    done(made, "decay")
    assert (made.recipe.optimizer, made.recipe.weight_decay, made.recipe.decay_biases) == ("adam", 0.1, False)
    assert type(made.optimizer) is torch.optim.Adam
    assert [group["weight_decay"] for group in made.optimizer.param_groups] == [0.1, 0.0]
    made.advance()


def test_all_embeddings_become_their_mean() -> None:
    made = begun()
    mean = weights(made)["embedding.weight"].mean(dim=0)
    done(made, "alike")
    after = weights(made)["embedding.weight"]
    assert torch.allclose(after, mean.expand_as(after), atol=1e-7)
    assert torch.equal(after, after[:1].expand_as(after))


def test_the_net_is_asked_for_what_it_has_just_read() -> None:
    made = begun()
    done(made, "unshifted")
    batch = made.batches.at(made.step)
    assert torch.equal(batch.targets, batch.inputs)


def test_dropout_reaches_every_place_where_units_are_dropped() -> None:
    made = begun()
    done(made, "dropout")
    assert (made.model.dropout.p, made.model.lstm.dropout, made.model.config.dropout) == (0.95, 0.95, 0.95)
    made.advance()


def test_the_remedies_bring_adam_and_the_recipe_back() -> None:
    made = begun(optimizer="sgd", learning_rate=0.1)
    done(made, "adam")
    assert (type(made.optimizer), made.recipe.learning_rate) == (torch.optim.Adam, 0.002)
    original = recipe(optimizer="sgd", learning_rate=0.1)
    done(made, "dropout")
    intervene(made, "mend", original)
    assert made.recipe == original
    assert (type(made.optimizer), made.model.dropout.p) == (torch.optim.SGD, 0.0)


@pytest.mark.parametrize("entry", INTERVENTIONS)
def test_each_intervention_is_done_and_told_in_its_own_words(entry: Any) -> None:
    made = begun()
    assert done(made, entry.name) == entry.meaning
    made.advance()


def test_an_unknown_intervention_is_refused() -> None:
    with pytest.raises(InputError, match="no intervention 'magic'"):
        done(begun(), "magic")


def test_a_knob_turned_under_muon_leaves_its_momentum_alone() -> None:
    made = begun(optimizer="muon", weight_decay=0.1)
    turn_knob(made, "weight_decay", "0.3")
    muon = made.optimizer.param_groups[0]
    assert (muon["momentum"], muon["weight_decay"]) == (0.95, 0.3)
    assert [group["weight_decay"] for group in made.optimizer.param_groups[1:]] == [0.3]


def test_too_strong_decay_is_part_of_the_gradient_whatever_the_optimiser() -> None:
    for optimizer in ("adamw", "muon", "adam"):
        made = begun(optimizer=optimizer)
        done(made, "decay")
        assert isinstance(made.optimizer, torch.optim.Adam)
        assert made.recipe.optimizer == "adam"
