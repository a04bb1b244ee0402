"""Signals that need nothing but the weights."""

import numpy as np
import numpy.typing as npt
import torch

from chatbot_tui.diagnosis.measured import Measured, over_places
from chatbot_tui.model.lstm import LanguageModel
from chatbot_tui.signals.embeddings import mean_cosine
from chatbot_tui.signals.weights import positive_fraction, relative_maximum, relative_width, small_share, stable_rank, uniform_distance

Matrix = npt.NDArray[np.float32]


def non_finite_values(model: LanguageModel) -> dict[str, float]:
    """Return how many values of each tensor are NaN or infinite, for the tensors that have any."""
    counts = {name: int((~torch.isfinite(tensor)).sum()) for name, tensor in model.state_dict().items()}
    return {name: float(count) for name, count in counts.items() if count}


def weight_signals(model: LanguageModel) -> dict[str, Measured]:
    """Measure the weights of a net whose values are all finite."""
    config = model.config
    inputs, recurrent = lstm_matrices(model)
    lstm = inputs | recurrent
    fans = {name: matrix.shape[0] // 4 for name, matrix in lstm.items()}
    embedding = model.embedding.weight.numpy()
    return {
        "positive_fraction": over_places({name: positive_fraction(matrix) for name, matrix in recurrent.items()}),
        "stable_rank": over_places({name: stable_rank(matrix) for name, matrix in recurrent.items()}, min),
        "weight_width": over_places({name: relative_width(matrix, fans[name]) for name, matrix in lstm.items()}),
        "weight_maximum": over_places({name: relative_maximum(matrix, fans[name]) for name, matrix in recurrent.items()}),
        "weight_size": over_places({name: root_mean_square(matrix) for name, matrix in recurrent.items()}),
        "distance_from_init": over_places({name: uniform_distance(matrix, fans[name]) for name, matrix in lstm.items()}),
        "bias_width": over_places({name: relative_width(bias, len(bias) // 4) for name, bias in lstm_biases(model).items()}),
        "embedding_size": Measured(root_mean_square(embedding), "embedding.weight"),
        "embedding_zeros": Measured(small_share(embedding), "embedding.weight"),
        "embedding_cosine": Measured(mean_cosine(embedding), "embedding.weight"),
        "hidden_units": Measured(float(min(config.units))),
        "vocabulary": Measured(float(config.vocab_size)),
        "plain_layers": Measured(1.0 if config.residual else float(config.num_layers)),
    }


def root_mean_square(values: Matrix) -> float:
    """Return the square root of the mean square."""
    return float(np.sqrt(np.square(values.astype(np.float64)).mean()))


def lstm_matrices(model: LanguageModel) -> tuple[dict[str, Matrix], dict[str, Matrix]]:
    """Return the input and the recurrent matrices of all layers by name, each [4 * units, ...]."""
    inputs: dict[str, Matrix] = {}
    recurrent: dict[str, Matrix] = {}
    for layer in range(model.config.num_layers):
        w_ih, w_hh, _, _ = model.layer_weights(layer)
        inputs[f"lstm.weight_ih_l{layer}"] = w_ih.numpy()
        recurrent[f"lstm.weight_hh_l{layer}"] = w_hh.numpy()
    return inputs, recurrent


def lstm_biases(model: LanguageModel) -> dict[str, Matrix]:
    """Return the biases of all layers by name, each [4 * units]; a constant one, such as a forget bias, has no width."""
    return {
        f"lstm.{name}_l{layer}": bias.numpy()
        for layer in range(model.config.num_layers)
        for name, bias in zip(("bias_ih", "bias_hh"), model.layer_weights(layer)[2:], strict=True)
    }
