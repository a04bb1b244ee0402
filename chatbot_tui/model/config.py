"""The shape of a network: every architectural choice, validated, as it stands in config.json."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any, Self

from chatbot_tui.core.errors import InputError

CELL_ACTIVATIONS = ("tanh", "relu", "hardtanh", "identity")
HEAD_ACTIVATIONS = ("relu", "tanh", "identity", "sigmoid", "gelu", "leaky_relu", "elu")
INITIALISERS = ("default", "xavier", "he", "uniform", "uniform-small", "normal", "zeros")

MAX_DIMENSION = 1 << 20
"""Upper bound of any one dimension; a file that asks for more is not a language model that fits a laptop."""

MAX_LAYERS = 64
FOREIGN = frozenset({"hidden_dims", "projection_dims", "head_dims", "head_activation"})
"""What only nets that other programs trained may have."""


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
    hidden_dims: tuple[int, ...] = ()
    """Cells of each layer where they differ, hidden_dim being the most; empty: hidden_dim in every layer."""
    projection_dims: tuple[int, ...] = ()
    """Width to which each layer projects its hidden state, 0 where it does not (Sak et al. 2014); empty: no layer does."""
    head_dims: tuple[int, ...] = ()
    """Widths of fully connected layers between the LSTM and the output layer."""
    head_activation: str = "relu"
    """What stands behind each of those layers."""

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
        if self.head_activation not in HEAD_ACTIVATIONS:
            raise InputError(f"head_activation is {self.head_activation!r}: use one of {', '.join(HEAD_ACTIVATIONS)}")
        self._check_widths()

    def _check_widths(self) -> None:
        for name in ("hidden_dims", "projection_dims", "head_dims"):
            widths = getattr(self, name)
            if not isinstance(widths, tuple) or len(widths) > MAX_LAYERS:
                raise InputError(f"{name} is {str(widths)[:80]}: it must be a list of at most {MAX_LAYERS} whole numbers")
            for width in widths:
                require_whole(name, width, MAX_DIMENSION, 0 if name == "projection_dims" else 1)
        if self.hidden_dims and (len(self.hidden_dims) != self.num_layers or max(self.hidden_dims) != self.hidden_dim):
            raise InputError("hidden_dims must hold a number for each layer, the largest of them hidden_dim")
        if self.projection_dims and len(self.projection_dims) != self.num_layers:
            raise InputError("projection_dims must hold a number for each layer, 0 where there is no projection")
        if any(projection >= units for projection, units in zip(self.projection_dims, self.units, strict=False)):
            raise InputError("a layer's projection must be narrower than its hidden_dim")
        if self.residual and len(set(self.outputs)) > 1:
            raise InputError("residual connections need layers of one width: leave hidden_dims and projection_dims out")

    @property
    def units(self) -> tuple[int, ...]:
        """Cells of each layer."""
        return self.hidden_dims or (self.hidden_dim,) * self.num_layers

    @property
    def outputs(self) -> tuple[int, ...]:
        """Width of each layer's hidden state."""
        return tuple(
            projection or units for projection, units in zip(self.projection_dims or (0,) * self.num_layers, self.units, strict=True)
        )

    @property
    def inputs(self) -> tuple[int, ...]:
        """Width of what each layer reads besides its own hidden state."""
        return (self.embedding_dim, *self.outputs[:-1])

    @property
    def uniform(self) -> bool:
        """Whether every layer has hidden_dim cells and as wide a hidden state."""
        return set(self.units) == set(self.outputs) == {self.hidden_dim}

    @property
    def projected(self) -> bool:
        """Whether a projection stands between the last hidden state and the tied output matrix."""
        return self.tied and self._features != self.embedding_dim

    @property
    def output_dim(self) -> int:
        """Width of what the output layer reads."""
        return self.embedding_dim if self.tied else self._features

    @property
    def _features(self) -> int:
        return self.head_dims[-1] if self.head_dims else self.outputs[-1]

    def shapes(self) -> dict[str, tuple[int, ...]]:
        """Return the shape of every tensor in a checkpoint of this network, by name."""
        shapes: dict[str, tuple[int, ...]] = {"embedding.weight": (self.vocab_size, self.embedding_dim)}
        for layer, (inputs, units, outputs) in enumerate(zip(self.inputs, self.units, self.outputs, strict=True)):
            shapes[f"lstm.weight_ih_l{layer}"] = (4 * units, inputs)
            shapes[f"lstm.weight_hh_l{layer}"] = (4 * units, outputs)
            shapes[f"lstm.bias_ih_l{layer}"] = (4 * units,)
            shapes[f"lstm.bias_hh_l{layer}"] = (4 * units,)
            if outputs != units:
                shapes[f"lstm.weight_hr_l{layer}"] = (outputs, units)
        for place, (inputs, width) in enumerate(zip((self.outputs[-1], *self.head_dims), self.head_dims, strict=False)):
            shapes[f"head.{place}.weight"] = (width, inputs)
            shapes[f"head.{place}.bias"] = (width,)
        if self.projected:
            shapes["projection.weight"] = (self.embedding_dim, self._features)
        if not self.tied:
            shapes["fc.weight"] = (self.vocab_size, self._features)
        shapes["fc.bias"] = (self.vocab_size,)
        return shapes

    def to_json(self) -> dict[str, Any]:
        """Return the values as config.json holds them: widths of its own only where a net has some, as those of this program lack them."""
        values = asdict(self)
        for name in FOREIGN:
            if not values[name] or (name == "head_activation" and not self.head_dims):
                del values[name]
        return {name: list(value) if isinstance(value, tuple) else value for name, value in values.items()}

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
        plain: dict[str, Any] = {name: tuple(value) if isinstance(value, list) else value for name, value in values.items()}
        return cls(**plain)


def require_whole(name: str, value: object, maximum: int, minimum: int = 1) -> None:
    """Raise InputError unless `value` is a whole number between the bounds."""
    if isinstance(value, bool) or not isinstance(value, int) or not minimum <= value <= maximum:
        raise InputError(f"{name} is {value!r}: it must be a whole number from {minimum} to {maximum}")


def require_number(name: str, value: object, minimum: float, maximum: float) -> None:
    """Raise InputError unless `value` is a number between the bounds."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not minimum <= value <= maximum:
        raise InputError(f"{name} is {value!r}: it must be a number from {minimum:g} to {maximum:g}")


def require_flag(name: str, value: object) -> None:
    """Raise InputError unless `value` is true or false."""
    if not isinstance(value, bool):
        raise InputError(f"{name} is {value!r}: use true or false")
