"""The shape of a network: every architectural choice, validated, as it stands in config.json."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any, Self

from chatbot_tui.core.errors import InputError

CELL_ACTIVATIONS = ("tanh", "relu", "hardtanh", "identity")
INITIALISERS = ("default", "xavier", "he", "uniform", "uniform-small", "normal", "zeros")

MAX_DIMENSION = 1 << 20
"""Upper bound of any one dimension; a file that asks for more is not a language model that fits a laptop."""

MAX_LAYERS = 64


@dataclass(frozen=True, slots=True)
class ModelConfig:
    """What defines a network, training settings aside.

    Raises:
        InputError: a value is out of range or contradicts another.
    """

    vocab_size: int
    embedding_dim: int
    hidden_dim: int
    num_layers: int = 1
    tied: bool = False
    """Use the embedding matrix as the output matrix (Press and Wolf 2017); a projection bridges hidden_dim and embedding_dim."""
    residual: bool = False
    """Add each layer's input to its output, from the second layer on (Wu et al. 2016)."""
    dropout: float = 0.0
    """Probability of dropping a unit of the embedding, between layers and before the output; in training only."""
    init: str = "default"
    """Initialiser: PyTorch's default, xavier, he, uniform (every LSTM and fc value from U(-init_scale, init_scale)), uniform-small (from
    U(0, init_scale)), normal (weights from N(0, init_scale^2), biases 0) or zeros."""
    init_scale: float = 0.001
    """Bound of uniform and uniform-small, standard deviation of normal."""
    forget_bias: float | None = None
    """Initial sum of both forget-gate biases (Jozefowicz et al. 2015); None leaves the initialiser's."""
    cell_activation: str = "tanh"
    """What squashes the candidate and the cell state."""

    def __post_init__(self) -> None:
        for name in ("vocab_size", "embedding_dim", "hidden_dim", "num_layers"):
            require_whole(name, getattr(self, name), MAX_LAYERS if name == "num_layers" else MAX_DIMENSION)
        for name in ("tied", "residual"):
            require_flag(name, getattr(self, name))
        require_number("dropout", self.dropout, 0, 0.99)
        require_number("init_scale", self.init_scale, 0, 100)
        if self.forget_bias is not None:
            require_number("forget_bias", self.forget_bias, -100, 100)
        if self.init not in INITIALISERS:
            raise InputError(f"init is {self.init!r}: use one of {', '.join(INITIALISERS)}")
        if self.cell_activation not in CELL_ACTIVATIONS:
            raise InputError(f"cell_activation is {self.cell_activation!r}: use one of {', '.join(CELL_ACTIVATIONS)}")

    @property
    def projected(self) -> bool:
        """Whether a projection stands between the last hidden state and the tied output matrix."""
        return self.tied and self.hidden_dim != self.embedding_dim

    @property
    def output_dim(self) -> int:
        """Width of what the output layer reads."""
        return self.embedding_dim if self.tied else self.hidden_dim

    def shapes(self) -> dict[str, tuple[int, ...]]:
        """Return the shape of every tensor in a checkpoint of this network, by name."""
        gates = 4 * self.hidden_dim
        shapes: dict[str, tuple[int, ...]] = {"embedding.weight": (self.vocab_size, self.embedding_dim)}
        for layer in range(self.num_layers):
            width = self.embedding_dim if layer == 0 else self.hidden_dim
            shapes[f"lstm.weight_ih_l{layer}"] = (gates, width)
            shapes[f"lstm.weight_hh_l{layer}"] = (gates, self.hidden_dim)
            shapes[f"lstm.bias_ih_l{layer}"] = (gates,)
            shapes[f"lstm.bias_hh_l{layer}"] = (gates,)
        if self.projected:
            shapes["projection.weight"] = (self.embedding_dim, self.hidden_dim)
        if not self.tied:
            shapes["fc.weight"] = (self.vocab_size, self.hidden_dim)
        shapes["fc.bias"] = (self.vocab_size,)
        return shapes

    def to_json(self) -> dict[str, Any]:
        """Return the values as config.json holds them."""
        return asdict(self)

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> Self:
        """Build from config.json's architecture. Raises InputError for missing, unknown or wrong values."""
        known = {field.name for field in fields(cls)}
        unknown = sorted(set(values) - known)
        if unknown:
            raise InputError(f"the architecture has an unknown entry {unknown[0]!r}: use {', '.join(sorted(known))}")
        missing = sorted({"vocab_size", "embedding_dim", "hidden_dim"} - set(values))
        if missing:
            raise InputError(f"the architecture lacks {missing[0]!r}: add it to config.json")
        return cls(**values)


def require_whole(name: str, value: object, maximum: int) -> None:
    """Raise InputError unless `value` is a whole number from 1 to `maximum`."""
    if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= maximum:
        raise InputError(f"{name} is {value!r}: it must be a whole number from 1 to {maximum}")


def require_number(name: str, value: object, minimum: float, maximum: float) -> None:
    """Raise InputError unless `value` is a number between the bounds."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not minimum <= value <= maximum:
        raise InputError(f"{name} is {value!r}: it must be a number from {minimum:g} to {maximum:g}")


def require_flag(name: str, value: object) -> None:
    """Raise InputError unless `value` is true or false."""
    if not isinstance(value, bool):
        raise InputError(f"{name} is {value!r}: use true or false")
