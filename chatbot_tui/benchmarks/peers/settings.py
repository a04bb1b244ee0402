"""What defines each peer: the published settings, any of them changed by key=value."""

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Any, TypeAlias

from chatbot_tui.core.errors import InputError

WIKITEXT2_TOKENS = 2_088_628
"""Length of an epoch of the text that both LSTM recipes were made for: as often they look at held-out text."""
ALL_BUT_ALL = 0.99
MANY = 1 << 20
MAX_PARAMETERS = 1 << 30
"""Of a neural peer, as of a checkpoint."""


def within(default: float, least: float, most: float) -> Any:
    """Return a setting with its bounds; it is a whole number where its default is."""
    return field(default=default, metadata={"bounds": (least, most)})


@dataclass(frozen=True)
class NgramSettings:
    """An interpolated modified Kneser-Ney model."""

    order: int = within(5, 1, 8)


@dataclass(frozen=True)
class WordLanguageModelSettings:
    """The LSTM of PyTorch's example word_language_model at its defaults (github.com/pytorch/examples)."""

    embedding_dim: int = within(200, 1, MANY)
    hidden_dim: int = within(200, 1, MANY)
    num_layers: int = within(2, 1, 64)
    dropout: float = within(0.2, 0, ALL_BUT_ALL)
    learning_rate: float = within(20.0, 0, 1e4)
    clip_norm: float = within(0.25, 0, 1e4)
    batch_size: int = within(20, 1, MANY)
    sequence_length: int = within(35, 1, MANY)
    anneal: float = within(4.0, 1, 1e4)
    """What the learning rate is divided by whenever the held-out loss has not fallen."""
    reset: float = within(0.02, 0, 1)
    """Share of rows whose state is set to zero before a step: the measures begin at the zero state, which a stream hardly shows."""
    validate_every: int = within(WIKITEXT2_TOKENS, 1, 1 << 40)
    """Tokens between two looks at held-out text."""


@dataclass(frozen=True)
class AwdLstmSettings:
    """The recipe of Merity et al. (2018), "Regularizing and optimizing LSTM language models", as for WikiText-2."""

    num_layers: int = within(3, 2, 64)
    word_dropout: float = within(0.1, 0, ALL_BUT_ALL)
    """Share of the vocabulary whose embeddings are left out of a step."""
    input_dropout: float = within(0.65, 0, ALL_BUT_ALL)
    hidden_dropout: float = within(0.2, 0, ALL_BUT_ALL)
    output_dropout: float = within(0.4, 0, ALL_BUT_ALL)
    weight_drop: float = within(0.5, 0, ALL_BUT_ALL)
    """Share of the hidden-to-hidden weights that are left out of a step."""
    activation_penalty: float = within(2.0, 0, 1e4)
    """AR: times the mean square of what the output layer reads."""
    temporal_penalty: float = within(1.0, 0, 1e4)
    """TAR: times the mean square of how the last layer's output changes from token to token."""
    weight_decay: float = within(1.2e-6, 0, 1)
    learning_rate: float = within(30.0, 0, 1e4)
    clip_norm: float = within(0.25, 0, 1e4)
    batch_size: int = within(80, 1, MANY)
    sequence_length: int = within(70, 1, MANY)
    """Mean length of back-propagation; one step in twenty has half of it."""
    patience: int = within(5, 1, MANY)
    """Looks at held-out text that may be worse than those before them until the weights are averaged (NT-ASGD)."""
    average_from: float = within(0.8, 0, 1)
    """Share of the budget after which they are averaged in any case: it ends long before the recipe's 750 epochs."""
    reset: float = within(0.02, 0, 1)
    validate_every: int = within(WIKITEXT2_TOKENS, 1, 1 << 40)


@dataclass(frozen=True)
class TransformerSettings:
    """A decoder of pre-norm blocks as in GPT-2 (Radford et al. 2019), trained by AdamW with warm-up and cosine."""

    num_layers: int = within(8, 1, 64)
    heads: int = within(4, 1, 64)
    context: int = within(256, 2, 1 << 14)
    """Tokens that it sees at most."""
    dropout: float = within(0.0, 0, ALL_BUT_ALL)
    learning_rate: float = within(1e-3, 0, 10)
    warmup_share: float = within(0.02, 0, 1)
    """Part of the budget in which the learning rate rises."""
    final_share: float = within(0.05, 0, 1)
    """Part of the learning rate that is left at the end."""
    weight_decay: float = within(0.1, 0, 1)
    """Of matrices; biases and norms are exempt."""
    clip_norm: float = within(1.0, 0, 1e4)
    batch_size: int = within(8, 1, MANY)
    """Windows in a step."""


Settings: TypeAlias = NgramSettings | WordLanguageModelSettings | AwdLstmSettings | TransformerSettings

PEERS: Mapping[str, type[Settings]] = {
    "5-gram": NgramSettings,
    "word-language-model": WordLanguageModelSettings,
    "awd-lstm": AwdLstmSettings,
    "transformer": TransformerSettings,
}


def settings_of(name: str, changes: Mapping[str, Any]) -> Settings:
    """Return a peer's settings with changes. Raises InputError for unknown names and for values out of bounds."""
    kind = PEERS.get(name)
    if kind is None:
        raise InputError(f"no peer is called {name[:40]!r}: use one of {', '.join(PEERS)}")
    known = {entry.name: entry for entry in fields(kind)}
    for key, value in changes.items():
        if key not in known:
            raise InputError(f"{name} has no setting {str(key)[:40]!r}: use one of {', '.join(known)}")
        least, most = known[key].metadata["bounds"]
        whole = isinstance(known[key].default, int)
        number = not isinstance(value, bool) and isinstance(value, int if whole else int | float)
        if not number or not math.isfinite(value) or not least <= value <= most:
            raise InputError(f"{key} is {str(value)[:40]!r}: it must be a {'whole ' * whole}number from {least:g} to {most:g}")
    values: dict[str, Any] = {key: value if isinstance(known[key].default, int) else float(value) for key, value in changes.items()}
    return kind(**values)


def to_json(settings: Settings) -> dict[str, Any]:
    """Return settings as peer.json holds them."""
    return asdict(settings)
