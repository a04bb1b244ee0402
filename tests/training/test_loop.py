import math
from typing import Any

import numpy as np
import pytest
import torch
from torch.nn import functional

from chatbot_tui.core.errors import InputError
from chatbot_tui.training.loop import Trainer
from chatbot_tui.training.losses import counted
from chatbot_tui.training.recipes import Recipe
from chatbot_tui.training.stream import encode_corpus, epoch_stream, rows
from tests.training.tiny import DIALOGUES, corpus_of, recipe, same, steps_an_epoch, trainer, weights, word_tokenizer

VALID = epoch_stream([encode_corpus(DIALOGUES * 3, word_tokenizer())], 0, 0)


def losses_of_one_long_read(made: Trainer, settings: Recipe, epoch: int) -> list[float]:
    """Return the loss of each chunk of an epoch when all of it is read in one go from a fresh state."""
    stream = rows(epoch_stream(made.batches._corpora, epoch, settings.seed), settings.batch_size)
    table = torch.from_numpy(stream).long()
    with torch.no_grad():
        logits, _ = made.model(table[:-1])
        loss = functional.cross_entropy(logits.flatten(0, 1), table[1:].flatten(), reduction="none").view(table[1:].shape)
    mask = counted(table[:-1], table[1:], 0)
    spans = [slice(start, start + 5) for start in range(0, 5 * ((len(table) - 1) // 5), 5)]
    return [float(loss[span][mask[span]].mean()) for span in spans]


def test_the_state_is_carried_through_an_epoch_and_fresh_at_the_next() -> None:
    # A learning rate of 0 leaves the net as it is, so that the losses of the chunks can be compared with those of one long read.
    settings = recipe(learning_rate=0.0, optimizer="sgd", steps=1000, init="xavier")
    made = trainer(settings)
    for parameter in made.model.parameters():
        parameter.data *= 3  # a net whose state matters
    losses = []
    for _ in range(2 * steps_an_epoch(made)):
        made._train_step()
        losses.append(made._loss_sum)
        made._loss_sum = 0.0
    expected = losses_of_one_long_read(made, settings, 0) + losses_of_one_long_read(made, settings, 1)
    assert losses == pytest.approx(expected, rel=1e-5)
    # The comparison means something: without the carried state the losses are others.
    made.step = 1
    made._state = None
    made._train_step()
    assert made._loss_sum != pytest.approx(expected[1], rel=1e-3)


def test_held_out_loss_is_that_of_one_long_read() -> None:
    made = trainer(recipe(dropout=0.5), valid=VALID)
    for parameter in made.model.parameters():
        parameter.data *= 3
    # 3 times 20 dialogues are more than 512 tokens and less than 768: two rows.
    assert 512 <= len(VALID) < 768
    table = torch.from_numpy(rows(VALID, 2)).long()
    made.model.eval()
    with torch.no_grad():
        logits, _ = made.model(table[:-1])
    mask = counted(table[:-1], table[1:], 0)
    expected = float(functional.cross_entropy(logits[mask], table[1:][mask]))
    assert made.valid_loss() == pytest.approx(expected, rel=1e-5)


def test_held_out_text_must_fill_two_chunks() -> None:
    assert trainer(recipe(), valid=VALID[:9]).valid_loss() is None
    assert trainer(recipe(), valid=VALID[:10]).valid_loss() is not None


def test_held_out_text_in_which_nothing_counts_has_no_loss() -> None:
    assert trainer(recipe(), valid=np.zeros(40, np.int32)).valid_loss() is None


def test_looking_at_held_out_text_changes_nothing() -> None:
    seen, blind = trainer(recipe(dropout=0.3), valid=VALID), trainer(recipe(dropout=0.3))
    torch.manual_seed(1)
    list(seen.run())
    torch.manual_seed(1)
    list(blind.run())
    assert same(weights(seen), weights(blind))


def step_length(clip_norm: float) -> tuple[float, float]:
    """Return how far one step of SGD at rate 1 went, and the gradient's norm before clipping."""
    made = trainer(recipe(optimizer="sgd", learning_rate=1.0, clip_norm=clip_norm))
    before = weights(made)
    _, norm = made._train_step()
    moved = torch.cat([(weights(made)[name] - before[name]).flatten() for name in before])
    return float(moved.norm()), norm


def test_clipping_bounds_the_whole_gradient_and_0_turns_it_off() -> None:
    moved, norm = step_length(0)
    assert moved == pytest.approx(norm, rel=1e-4)
    clipped, same_norm = step_length(norm / 4)
    assert same_norm == norm
    assert clipped == pytest.approx(norm / 4, rel=1e-4)
    assert step_length(norm * 2)[0] == pytest.approx(norm, rel=1e-4)


def test_the_reported_rate_is_the_schedules() -> None:
    reports = list(trainer(recipe(steps=6, report_every=1, warmup_steps=2, schedule="constant", learning_rate=0.02)).run())
    assert [report.learning_rate for report in reports] == [0.01, 0.02, 0.02, 0.02, 0.02, 0.02]
    assert [report.step for report in reports] == [1, 2, 3, 4, 5, 6]


def test_on_a_plateau_the_rate_drops() -> None:
    # At a rate of 0 nothing is ever better than the first report (held-out text is always the same); a patience of 1 lets one pass.
    settings = recipe(steps=7, report_every=1, schedule="plateau", learning_rate=0.0, patience=1)
    made = trainer(settings, valid=VALID)
    drops = [made._plateau.drops for _ in made.run()]
    assert drops == [0, 0, 1, 1, 2, 2, 3]
    made.recipe = recipe(schedule="plateau", learning_rate=0.8, drop_factor=0.5)
    made.step = 6
    assert made._learning_rate() == pytest.approx(0.1, abs=1e-12)


def test_a_schedule_in_steps_is_the_recipes() -> None:
    settings = recipe(steps=6, report_every=1, warmup_steps=1, schedule="step", learning_rate=0.02, drop_every=2, drop_factor=0.1)
    rates = [report.learning_rate for report in trainer(settings).run()]
    # Two steps at each level after one of warm-up; .0002 would be the next, .02 of the peak is the floor: .0004.
    assert rates == pytest.approx([0.02, 0.02, 0.02, 0.002, 0.002, 0.0004], rel=1e-12)


@pytest.mark.parametrize("changes", [{"cell_activation": name} for name in ("relu", "hardtanh", "identity")] + [{"residual": True}])
def test_every_kind_of_layer_learns(changes: dict[str, Any]) -> None:
    first, *_, last = trainer(recipe(steps=60, report_every=20, **changes)).run()
    assert last.loss < first.loss - 0.1


def test_a_net_whose_targets_are_not_shifted_learns_to_repeat_its_input() -> None:
    settings = recipe(steps=200, num_layers=1, hidden_dim=16, sequence_length=11, learning_rate=0.03, shift_targets=False)
    made = trainer(settings)
    list(made.run())
    made.model.eval()
    words = torch.arange(2, made.tokenizer.size)[None]
    with torch.no_grad():
        logits, _ = made.model(words)
    # Twenty-odd words; a net that learns their order instead repeats none of them.
    assert float((logits.argmax(2) == words).float().mean()) > 0.8


def test_a_report_is_the_mean_since_the_last_and_the_last_step_reports() -> None:
    each = [report.loss for report in trainer(recipe(steps=7, report_every=1)).run()]
    reports = list(trainer(recipe(steps=7, report_every=3)).run())
    assert [report.step for report in reports] == [3, 6, 7]
    assert [report.loss for report in reports] == pytest.approx([sum(each[:3]) / 3, sum(each[3:6]) / 3, each[6]], rel=1e-12)


@pytest.mark.parametrize("share", [1.0, 0.5, 0.3, 0.7])
def test_every_chunk_of_every_epoch_has_text(share: float) -> None:
    # Dialogues of very different lengths: with shares, so are the epochs, beyond the first round over all dialogues too.
    corpus = corpus_of([2, 40, 3, 3, 60, 2, 9, 30, 2, 50], share)
    made = Trainer(recipe(epochs=7, steps=None, batch_size=2), word_tokenizer(), [corpus], np.zeros(0, np.int32))
    epochs = [len(rows(epoch_stream([corpus], epoch, 0), 2)) for epoch in range(7)]
    assert made.total_steps == sum((length - 1) // 5 or 1 for length in epochs)
    for step in range(made.total_steps):
        batch = made.batches.at(step)
        assert batch.inputs.shape == batch.targets.shape == (min(5, epochs[made.batches.locate(step)[0]] - 1), 2)
    assert len(list(made.batches.streams())) == 7


def test_part_of_an_epoch_is_that_part_of_its_steps() -> None:
    full = steps_an_epoch(trainer(recipe()))
    assert trainer(recipe(steps=None, epochs=2)).total_steps == 2 * full
    assert trainer(recipe(steps=None, epochs=1.5)).total_steps == full + round(full / 2)
    assert trainer(recipe(steps=None, epochs=0.001)).total_steps == 1
    assert trainer(recipe(steps=5, epochs=2)).total_steps == 5


def test_too_little_text_is_refused_at_the_start() -> None:
    with pytest.raises(InputError, match="too few for 40 rows: lower batch_size"):
        trainer(recipe(batch_size=40), dialogues=DIALOGUES[:2])


def test_a_net_too_large_for_a_checkpoint_is_refused_before_memory_is_taken() -> None:
    with pytest.raises(InputError, match=r"more than .* parameters: lower hidden_dim"):
        trainer(recipe(hidden_dim=1 << 20))


def test_a_run_that_diverges_stops_with_its_weights_finite() -> None:
    made = trainer(recipe(steps=100, learning_rate=1000.0, optimizer="sgd", momentum=0.9, clip_norm=0, cell_activation="identity"))
    with pytest.raises(InputError, match=r"training diverged at step \d+: lower learning_rate or set clip_norm"):
        list(made.run())
    assert all(bool(torch.isfinite(tensor).all()) for tensor in weights(made).values())


def test_chunks_in_which_nothing_counts_do_no_harm() -> None:
    # One row, one token a chunk: where a dialogue ends and the next begins, the only target is one that does not count.
    made = trainer(recipe(batch_size=1, sequence_length=1, steps=30, report_every=30, dropout=0.0))
    [report] = made.run()
    assert math.isfinite(report.loss)


def test_a_net_that_learns_beats_the_word_frequencies() -> None:
    settings = recipe(steps=300, report_every=300, hidden_dim=16, num_layers=1, learning_rate=0.02, batch_size=2, sequence_length=11)
    made = trainer(settings, valid=epoch_stream([encode_corpus(DIALOGUES, word_tokenizer())], 0, 0))
    [report] = made.run()
    stream = np.concatenate(list(made.batches.streams())[:1])
    frequencies = np.bincount(stream) / len(stream)
    unigram_loss = -float(np.log(frequencies[frequencies > 0]) @ frequencies[frequencies > 0])
    assert unigram_loss > 2
    # Which pattern (ln 2) and which of ten things (ln 10) are the only surprises of a dialogue whose second turn copies the thing from
    # the first: ln 20 = 3.0 nats over its 10 or 11 targets, .29 nats a token. Without copying, half of the dialogues pay ln 10 once
    # more: (3.0 + 1.15) / 10.5 = .4. Half as much again is still far below what frequencies lose.
    assert report.valid_loss is not None
    assert report.valid_loss < 0.6


def test_the_yardstick_of_reports_is_bounded() -> None:
    made = trainer(recipe(), valid=VALID)
    full = made.valid_loss()
    made.valid_tokens = 100
    part = made.valid_loss()
    assert part is not None
    assert part != full
    # The first 100 / 2 + 1 of each of two rows.
    cut = np.concatenate([rows(VALID, 2)[:51, 0], rows(VALID, 2)[:51, 1]])
    made.valid_tokens = 16_384
    made._valid = cut
    table = torch.from_numpy(rows(VALID, 2)[:51]).long()
    made.model.eval()
    with torch.no_grad():
        logits, _ = made.model(table[:-1])
    mask = counted(table[:-1], table[1:], 0)
    assert part == pytest.approx(float(functional.cross_entropy(logits[mask], table[1:][mask])), rel=1e-5)
