import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from chatbot_tui.training.batches import Batches
from chatbot_tui.training.losses import counted
from chatbot_tui.training.stream import EncodedCorpus, epoch_stream, rows
from tests.training.tiny import recipe, same, trainer, weights

END = 0
"""The end-of-turn of every word stream."""
CPU = torch.device("cpu")


def one_dialogue() -> EncodedCorpus:
    """Return a corpus of one dialogue of two turns: end, 5, 6, end, 7, end."""
    return EncodedCorpus(np.array([END, 5, 6, END, 7, END], np.int32), np.array([0, 6]))


def test_fresh_rows_stand_beside_the_stream_and_count_to_the_end_of_their_dialogue() -> None:
    batch = Batches(recipe(batch_size=1, fresh_rows=2, sequence_length=4, steps=5), [one_dialogue()], END, CPU).at(0)
    # One row of 6 tokens gives one chunk of 4 inputs: 0 5 6 0, then 5 6 0 7 as targets. Fresh rows are cut to the same length.
    assert batch.inputs.T.tolist() == [[END, 5, 6, END]] * 3
    assert batch.targets.T.tolist() == [[5, 6, END, 7]] * 3
    assert batch.counted.all()
    assert (batch.carried, batch.first_of_epoch) == (1, True)


def test_beyond_the_end_of_a_dialogue_nothing_counts() -> None:
    corpus = EncodedCorpus(np.array([END, 5, END] * 4, np.int32), np.arange(0, 13, 3))
    batch = Batches(recipe(batch_size=1, fresh_rows=1, sequence_length=6, steps=5), [corpus], END, CPU).at(0)
    # The stream goes on with the next dialogue, whose opening does not count; the fresh row stops.
    assert batch.inputs.T.tolist() == [[END, 5, END, END, 5, END], [END, 5, END, END, END, END]]
    assert batch.targets.T.tolist() == [[5, END, END, 5, END, END], [5, END, END, END, END, END]]
    assert batch.counted.T.tolist() == [[True, True, False, True, True, False], [True, True, False, False, False, False]]


def test_padding_counts_where_the_recipe_makes_that_mistake() -> None:
    corpus = EncodedCorpus(np.array([END, 5, END] * 4, np.int32), np.arange(0, 13, 3))
    settings = recipe(batch_size=1, fresh_rows=1, sequence_length=6, steps=5, count_padding=True)
    batch = Batches(settings, [corpus], END, CPU).at(0)
    # In the stream the opening of a dialogue still does not count.
    assert batch.counted.T.tolist() == [[True, True, False, True, True, False], [True] * 6]


def test_targets_that_are_not_shifted_are_the_inputs_and_the_same_ones_count() -> None:
    right, wrong = (trainer(recipe(shift_targets=shifted)).batches for shifted in (True, False))
    for step in range(10):
        assert torch.equal(wrong.at(step).targets, right.at(step).inputs)
        assert torch.equal(wrong.at(step).counted, right.at(step).counted)


def test_fresh_rows_begin_with_what_a_conversation_begins_with() -> None:
    made = trainer(recipe(fresh_rows=7))
    for step in range(30):
        batch = made.batches.at(step)
        assert batch.inputs.shape[1] == 3 + 7
        assert batch.inputs[0, 3:].tolist() == [made.tokenizer.end_id] * 7
        # Every dialogue has words: the second token is one.
        assert made.tokenizer.end_id not in batch.targets[0, 3:].tolist()


def test_fresh_rows_begin_with_any_turn_where_the_recipe_says_so() -> None:
    settings = recipe(batch_size=1, fresh_rows=1, fresh_anywhere=1.0, sequence_length=4, steps=40)
    batches = Batches(settings, [one_dialogue()], END, CPU)
    columns = [batches.at(step) for step in range(40)]
    assert {tuple(batch.inputs[:, 1].tolist()) for batch in columns} == {(END, 5, 6, END), (END, 7, END, END)}
    # The second turn is one word and its end: what fills up the row does not count.
    assert {tuple(batch.counted[:, 1].tolist()) for batch in columns} == {(True,) * 4, (True, True, False, False)}


def test_a_batch_is_a_function_of_its_step() -> None:
    straight, jumping = (trainer(recipe(fresh_rows=4, fresh_anywhere=0.5)).batches for _ in range(2))
    batches = [straight.at(step) for step in range(30)]
    for step in (17, 3, 29, 0):
        again = jumping.at(step)
        assert torch.equal(again.inputs, batches[step].inputs)
        assert torch.equal(again.targets, batches[step].targets)
    # Openings of 20 dialogues: four that agree in all of 30 steps are no draws at all.
    assert len({tuple(batch.inputs[:, 3:].flatten().tolist()) for batch in batches}) > 25


def test_the_stream_is_the_same_beside_fresh_rows() -> None:
    with_rows, without = trainer(recipe(fresh_rows=4)).batches, trainer(recipe()).batches
    assert with_rows.total_steps == without.total_steps
    for step in range(30):
        assert torch.equal(with_rows.at(step).inputs[:, :3], without.at(step).inputs)


def surprisals(made: torch.nn.Module, tokens: Tensor, states: list[Tensor] | None) -> tuple[Tensor, list[Tensor]]:
    """Return -ln p of each token after the first, [time - 1, columns], and the state after them, reading from `states`."""
    with torch.no_grad():
        logits, state = made(tokens[:-1], None if states is None else (states[0], states[1]))
    loss = functional.cross_entropy(logits.flatten(0, 1), tokens[1:].flatten(), reduction="none")
    return loss.view(tokens[1:].shape), list(state)


def test_the_loss_is_the_mean_over_all_tokens_that_count_fresh_rows_from_zero_the_others_from_before() -> None:
    settings = recipe(fresh_rows=2, optimizer="sgd", learning_rate=0.0, init="xavier", sequence_length=14)
    made = trainer(settings)
    for parameter in made.model.parameters():
        parameter.data *= 3  # a net whose state matters
    state = None
    for step in range(3):
        batch = made.batches.at(step)
        tokens = torch.cat([batch.inputs, batch.targets[-1:]])
        # Each part read by itself: the stream goes on from its own state, the dialogues from zero, each to its end.
        stream, state = surprisals(made.model, tokens[:, :3], state)
        total = float(stream[counted(tokens[:-1, :3], tokens[1:, :3], END)].sum())
        count = int(counted(tokens[:-1, :3], tokens[1:, :3], END).sum())
        for column in (3, 4):
            # A dialogue has 11 or 12 tokens, its opening end among them: the third end-of-turn is its last token.
            length = int((tokens[:, column] == END).nonzero()[2]) + 1
            assert length in (11, 12)
            fresh, _ = surprisals(made.model, tokens[:length, column : column + 1], None)
            total += float(fresh.sum())
            count += length - 1
        assert count == int(batch.counted.sum())
        made._loss_sum = 0.0
        made._train_step()
        assert abs(made._loss_sum - total / count) < 1e-5


def test_only_the_stream_carries_its_state() -> None:
    made = trainer(recipe(fresh_rows=4))
    made._train_step()
    assert made._state is not None
    assert [part.shape for part in made._state] == [(2, 3, 8)] * 2


def test_without_fresh_rows_it_is_the_bare_loop() -> None:
    settings = recipe(dropout=0.3, learning_rate=0.01, weight_decay=0.1, steps=24)
    made, bare = trainer(settings), trainer(settings)
    torch.manual_seed(5)
    list(made.run())
    torch.manual_seed(5)
    model, optimizer = bare.model.train(), bare.optimizer
    step, epoch = 0, 0
    while step < 24:
        table = torch.from_numpy(rows(epoch_stream(bare.batches._corpora, epoch, settings.seed), 3)).long()
        state = None
        for start in range(0, len(table) - 5, 5):
            if step == 24:
                break
            inputs, targets = table[start : start + 5], table[start + 1 : start + 6]
            hidden, state = model.hidden(inputs, state)
            state = (state[0].detach(), state[1].detach())
            mask = (inputs != END) | (targets != END)
            optimizer.zero_grad()
            functional.cross_entropy(model.fc(hidden[mask]), targets[mask]).backward()  # type: ignore[no-untyped-call]  # torch leaves it without types
            torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimizer.step()
            step += 1
        epoch += 1
    assert same(weights(made), weights(bare))
