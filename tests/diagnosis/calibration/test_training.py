import numpy as np
import torch

from chatbot_tui.diagnosis.calibration.specimens import Specimen
from chatbot_tui.diagnosis.calibration.texts import Text, make_text
from chatbot_tui.diagnosis.calibration.training import Trained, begin, joined_turns, padded, running, train
from tests.diagnosis.calibration.small import small_specimen

PAD = "<pad>"


def trained(specimen: Specimen) -> Trained:
    return train(specimen, make_text(specimen.text, {}))


def text_of(*turns: tuple[int, ...], pad: int | None = None) -> Text:
    return Text(tuple("abcdefgh"), (tuple(turns),), (), None, pad, None)


def test_the_same_specimen_gives_the_same_weights() -> None:
    first, second = (trained(small_specimen(steps=5)).model.state_dict() for _ in range(2))
    assert all(torch.equal(first[name], second[name]) for name in first)


def test_training_lowers_the_loss() -> None:
    begun, done = trained(small_specimen(steps=1)), trained(small_specimen(steps=60))
    assert done.loss < begun.loss - 0.3
    assert (done.steps, done.diverged) == (60, False)


def test_running_text_goes_on_from_window_to_window() -> None:
    specimen = small_specimen(batch_size=2, sequence_length=3)
    text = text_of(tuple(range(8)), tuple(range(8)))
    windows = running(specimen, text)
    first, second, third = next(windows), next(windows), next(windows)
    # Two rows of eight: four windows of inputs 0-2 and 3-5 fit, the targets one later; then from the beginning again.
    assert first.tokens.tolist() == [[0, 0], [1, 1], [2, 2], [3, 3]]
    assert second.tokens.tolist() == [[3, 3], [4, 4], [5, 5], [6, 6]]
    assert (first.goes_on, second.goes_on, third.goes_on) == (False, True, False)


def test_fresh_rows_begin_from_the_zero_state() -> None:
    specimen = small_specimen(batch_size=2, sequence_length=3, fresh_rows=1)
    text = text_of(tuple(range(8)), tuple(range(8)))
    windows = running(specimen, text)
    next(windows)
    window = next(windows)
    before = begin((torch.ones(1, 3, 4), torch.ones(1, 3, 4)), window)
    assert before is not None
    assert before[0].sum(dim=2).tolist() == [[4.0, 4.0, 0.0]]
    assert window.tokens.shape == (4, 3)


def test_rows_of_turns_are_filled_up_and_the_filling_does_not_count() -> None:
    specimen = small_specimen(layout="turns", batch_size=2, sequence_length=6)
    window = next(padded(specimen, text_of((1, 2, 3), (4, 5), pad=7)))
    columns = sorted(window.tokens.T.tolist())
    assert columns == [[1, 2, 3], [4, 5, 7]]
    assert window.counted.sum() == 3  # Two targets of the longer turn and one of the shorter.
    assert not window.goes_on


def test_the_filling_counts_where_the_recipe_makes_that_mistake() -> None:
    specimen = small_specimen(layout="turns", batch_size=2, sequence_length=6, count_padding=True, fresh_rows=1)
    window = next(padded(specimen, text_of((1, 2, 3), (4, 5), pad=7)))
    assert window.tokens.shape == (7, 2)
    assert window.counted.all()


def test_turns_are_joined_as_many_as_the_specimen_says() -> None:
    specimen = small_specimen(layout="turns", turns_a_row=2, sequence_length=3)
    pieces = joined_turns(specimen, text_of((1, 2), (3, 4), (5, 6)))
    assert [piece.tolist() for piece in pieces] == [[1, 2, 3, 4], [5, 6]]


def test_padding_is_in_the_counts_where_it_was_learnt() -> None:
    counting, sparing = (
        trained(small_specimen(layout="turns", steps=1, pad_token=PAD, count_padding=wrong, fresh_rows=1)) for wrong in (True, False)
    )
    assert (counting.stream == 0).mean() > 0.1
    assert not (sparing.stream == 0).any()


def test_nearly_identical_embeddings_differ_by_the_noise_alone() -> None:
    specimen = small_specimen(steps=1, identical_embeddings=True, freeze_embeddings=True, embedding_noise=1e-3)
    spread = trained(specimen).model.embedding.weight.detach().std(dim=0)
    assert 2e-4 < spread.max() < 3e-3


def test_a_training_that_diverges_is_stopped_with_its_weights_as_they_were() -> None:
    specimen = small_specimen(optimizer="sgd", learning_rate=1000.0, momentum=1.0, clip_norm=0.0, steps=60, cell_activation="identity")
    result = trained(specimen)
    assert result.diverged
    assert result.steps < 60
    assert all(np.isfinite(tensor.numpy()).all() for tensor in result.model.state_dict().values())
