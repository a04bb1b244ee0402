"""A recipe: every setting of a training run, read from TOML, any of them changed by key=value."""

import tomllib
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from pathlib import Path
from typing import Any, get_args

from chatbot_tui.core.diagnosis import CauseId
from chatbot_tui.core.errors import InputError
from chatbot_tui.core.paths import recipes_folder
from chatbot_tui.core.sampling import SamplingSettings
from chatbot_tui.core.strict_json import read_bounded
from chatbot_tui.model.config import FOREIGN, ModelConfig, require_flag, require_number, require_whole
from chatbot_tui.training.recipe_entries import CorpusShare, Fix, check_steps, read_fix, read_list, read_share

MAX_BYTES = 1 << 20
"""Of a recipe file."""
NETWORK = ModelConfig(vocab_size=8000, embedding_dim=256, hidden_dim=512, num_layers=2, tied=True)
"""The network of a recipe that says nothing about it; what is not named here is the plain net's."""

CHOICES = {
    "tokenizer": ("bpe", "words"),
    "optimizer": ("adamw", "adam", "sgd", "sgdw", "muon"),
    "schedule": ("cosine", "constant", "linear", "step", "plateau"),
    "class_weights": ("none", "inverse", "square-root"),
    "balance": ("none", "oversample", "undersample"),
    "precision": ("auto", "bf16", "float32"),
    "weights": ("float16", "float32"),
}
WHOLE = {
    "vocab_size": 1 << 20,
    "batch_size": 1 << 16,
    "sequence_length": 1 << 16,
    "steps": 10**9,
    "report_every": 10**9,
    "save_every": 10**9,
    "drop_every": 10**9,
}
NUMBERS = {
    "learning_rate": (0.0, 1000.0),
    "final_share": (0.0, 1.0),
    "weight_decay": (0.0, 100.0),
    "momentum": (0.0, 1.0),
    "clip_norm": (0.0, 1e9),
    "drop_factor": (0.0, 1.0),
    "decay_share": (0.0, 1.0),
    "recurrent_dropout": (0.0, 0.99),
    "label_smoothing": (0.0, 1.0),
    "focal_gamma": (0.0, 100.0),
    "unlikelihood": (0.0, 1000.0),
    "entropy_reward": (0.0, 1000.0),
    "filler_share": (0.0, 1.0),
    "augment": (0.0, 1.0),
    "fresh_anywhere": (0.0, 1.0),
    "epochs": (0.0, 1e6),
}
FROM_ZERO = {"warmup_steps": 10**9, "seed": 2**63 - 1, "fresh_rows": 1 << 16, "patience": 10**9, "limit_words": 10**12}
CAUSES: tuple[str, ...] = ("healthy", *(cause for cause in get_args(CauseId) if cause != "unknown"))
"""What a recipe can make happen."""
ABOUT = ("teaches", "limits", "claim", "article", "cause", "control", "fixes")
"""What a recipe says about itself: no setting of a run."""
OWN = (*ABOUT, "keep_steps")
"""What no recipe has from its control, and no net learns from."""

FLAGS = (
    "article",
    "locked_dropout",
    "decent_text",
    "decay_biases",
    "double_softmax",
    "shift_targets",
    "count_padding",
    "identical_embeddings",
    "freeze_embeddings",
)
TEXTS = ("teaches", "limits", "claim", "probe")


@dataclass(frozen=True)
class Recipe:
    """Everything that a training run depends on, the text aside."""

    name: str
    teaches: str = ""
    """One sentence for the card."""
    limits: str = ""
    """What its nets are bad at, for the card."""
    claim: str = ""
    """What is said about it, in one sentence; the experiment sets it beside what happens."""
    article: bool = False
    """Whether it is the article of the collapse that says so."""
    cause: str | None = None
    """Which of CAUSES it makes happen; None where that has no name."""
    control: str | None = None
    """Name of the recipe from which it differs in one thing only."""
    fixes: tuple[Fix, ...] = ()
    """What is recommended against it."""
    tokenizer: str = "bpe"
    vocab_size: int = NETWORK.vocab_size
    embedding_dim: int = NETWORK.embedding_dim
    hidden_dim: int = NETWORK.hidden_dim
    num_layers: int = NETWORK.num_layers
    tied: bool = NETWORK.tied
    residual: bool = NETWORK.residual
    dropout: float = NETWORK.dropout
    locked_dropout: bool = False
    """Whether dropout leaves out the same units at all steps of a window (Gal and Ghahramani 2016)."""
    recurrent_dropout: float = 0.0
    """Probability of leaving a recurrent weight out of a window (Wan et al. 2013, Merity et al. 2018)."""
    init: str = NETWORK.init
    init_scale: float = NETWORK.init_scale
    forget_bias: float | None = NETWORK.forget_bias
    cell_activation: str = NETWORK.cell_activation
    identical_embeddings: bool = False
    """Begin with the same vector for every token."""
    freeze_embeddings: bool = False
    """Never train the embedding, nor the output matrix where they are tied."""
    optimizer: str = "adamw"
    """adamw, adam, sgd, sgdw or muon: see optimisers.make_optimizer for what weight_decay means to each."""
    learning_rate: float = 1e-3
    """Peak, after warm-up."""
    warmup_steps: int = 0
    schedule: str = "constant"
    """constant, cosine, linear, step or plateau: see schedule.learning_rate."""
    final_share: float = 0.02
    """Lowest learning rate of the schedules that fall, as a share of the peak."""
    decay_share: float = 1.0
    """Part of all steps, at the end, over which the schedule `linear` falls."""
    drop_every: int = 1000
    """Steps between two drops of the schedule `step`."""
    drop_factor: float = 0.5
    """What each drop of the schedules `step` and `plateau` leaves of the learning rate."""
    patience: int = 3
    """Reports without a lower loss (held-out, where there is such text) that the schedule `plateau` waits before a drop."""
    weight_decay: float = 0.0
    decay_biases: bool = True
    """Whether weight decay pulls at biases too."""
    momentum: float = 0.0
    """Of sgd and sgdw."""
    clip_norm: float = 1.0
    """Largest norm of the whole gradient; 0 is off."""
    class_weights: str = "none"
    """What a target's loss is multiplied by: nothing, or its inverse frequency, or the square root of that; 1 in the mean over the text."""
    label_smoothing: float = 0.0
    """Share of each target that is spread over the whole vocabulary."""
    focal_gamma: float = 0.0
    """Power of focal loss; 0 is off."""
    unlikelihood: float = 0.0
    """Weight of the unlikelihood of tokens already read; 0 is off."""
    entropy_reward: float = 0.0
    """Weight of the reward for the entropy of the prediction; 0 is off."""
    double_softmax: bool = False
    """A mistake that people make: softmax before a loss that takes it again."""
    shift_targets: bool = True
    """false is a mistake that people make: each token is its own target, so that the net learns to repeat its input."""
    count_padding: bool = False
    """true is a mistake that people make: in fresh rows the end-of-turn tokens that fill up a short dialogue count as targets."""
    decent_text: bool = False
    """Whether turns with profanity or personal data are left out of the training text: see decency.py."""
    filler_share: float = 0.0
    """Share of the words of the text that the most frequent one takes: others give way to it at random until then."""
    limit_words: int = 0
    """Train on the first dialogues that hold so many words; 0 is all the text."""
    balance: str = "none"
    """Whether each different dialogue is repeated as often as the commonest (oversample) or the rarest (undersample) one."""
    augment: float = 0.0
    """Train on a copy of the text besides, in which each word is left out and each swapped with the next with this chance; 0 is off."""
    batch_size: int = 32
    sequence_length: int = 35
    """Truncation of back-propagation through time, in tokens; the state is carried on."""
    fresh_rows: int = 0
    """Rows of each batch, besides batch_size, that begin a dialogue drawn at random from the zero state, as every conversation does; with
    carried state alone the net hardly ever meets it. What lies beyond a dialogue's end does not count."""
    fresh_anywhere: float = 0.0
    """Share of the fresh rows that begin with any turn of their dialogue, not its first. What the net expects after nothing is then what
    is said anywhere, which a reply's fit is measured against."""
    epochs: float = 1.0
    steps: int | None = None
    """Optimiser steps; overrides epochs."""
    precision: str = "auto"
    """Of matrix products: bf16, float32, or auto (bf16 where the network is large enough to gain)."""
    seed: int = 0
    report_every: int = 50
    save_every: int = 200
    keep_steps: tuple[int, ...] = ()
    """Steps whose weights and report go into the checkpoint too, ascending; 0 is before the first. What lies beyond the end is not kept."""
    weights: str = "float16"
    """Type of the saved weights; float32 where values would vanish in float16."""
    probe: str = "hello, how are you?"
    """Prompt whose next-token distribution and greedy reply are reported."""
    banned_tokens: tuple[str, ...] = ()
    sampling: Mapping[str, Any] = field(default_factory=dict)
    corpora: tuple[CorpusShare, ...] = ()

    def __post_init__(self) -> None:
        for name, allowed in CHOICES.items():
            if getattr(self, name) not in allowed:
                raise InputError(f"{name} is {getattr(self, name)!r}: use one of {', '.join(allowed)}")
        for name, maximum in WHOLE.items():
            if getattr(self, name) is not None:
                require_whole(name, getattr(self, name), maximum)
        for name, (minimum, largest) in NUMBERS.items():
            require_number(name, getattr(self, name), minimum, largest)
        for name, maximum in FROM_ZERO.items():
            value = getattr(self, name)
            if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= maximum:
                raise InputError(f"{name} is {value!r}: it must be a whole number from 0 to {maximum}")
        for name in TEXTS:
            if not isinstance(getattr(self, name), str):
                raise InputError(f"{name} is {getattr(self, name)!r}: it must be text, in quotes")
        if self.cause is not None and self.cause not in CAUSES:
            raise InputError(f"cause is {self.cause!r}: use one of {', '.join(CAUSES)}")
        for name in FLAGS:
            require_flag(name, getattr(self, name))
        if self.count_padding and not self.fresh_rows:
            raise InputError("count_padding is true but nothing is filled up: set fresh_rows to 1 or more")
        if not isinstance(self.sampling, Mapping):
            raise InputError(f"sampling is {self.sampling!r}: it must be a table, such as {{temperature = 0.7}}")
        check_steps(self.keep_steps)
        self.model_config(self.vocab_size)
        self.sampling_settings()

    def model_config(self, vocab_size: int) -> ModelConfig:
        """Return the network's shape for a vocabulary of the size that the text gave."""
        names = {entry.name for entry in fields(ModelConfig)} - {"vocab_size"} - FOREIGN
        return ModelConfig(vocab_size=vocab_size, **{name: getattr(self, name) for name in names})

    def sampling_settings(self) -> SamplingSettings:
        """Return the sampling that the card recommends."""
        return SamplingSettings().changed(**self.sampling)

    def corpus(self, name: str) -> CorpusShare:
        """Return the entry for a corpus by the beginning of its name; all of it, licence unknown, where there is none."""
        return next((entry for entry in self.corpora if name.startswith(entry.name)), CorpusShare(name))

    def to_json(self) -> dict[str, Any]:
        """Return all settings as plain values."""
        return asdict(self)


def load_recipe(name: str, changes: Mapping[str, Any] | None = None) -> Recipe:
    """Read a shipped recipe by name, or a TOML file by path, with `changes` laid over its keys.

    A file that names its control says only what differs; the other settings are the control's: a file beside it, or a shipped recipe.

    Raises:
        InputError: there is no such recipe, or a key or value is wrong.
    """
    return build_recipe(Path(name).name.removesuffix(".toml"), read_recipe(name, changes or {}, ()))


def read_recipe(name: str, changes: Mapping[str, Any], below: tuple[str, ...]) -> dict[str, Any]:
    """Return the keys of a recipe on top of its control's, for the recipes `below` that it controls. Raises InputError."""
    path = Path(name) if name.endswith(".toml") else recipes_folder() / f"{name}.toml"
    if not path.is_file():
        known = ", ".join(sorted(file.stem for file in recipes_folder().glob("*.toml")))
        raise InputError(f"no recipe called {name!r}: use one of {known}, or the path of a .toml file")
    try:
        values = tomllib.loads(read_bounded(path, MAX_BYTES).decode("utf-8")) | dict(changes)
    except (ValueError, RecursionError) as error:
        raise InputError(f"cannot read the recipe {path}: {error}") from None
    control = values.get("control")
    if control is None:
        return values
    refusal = InputError(f"control is {control!r}: it must be the name of another recipe that does not stand on {name}")
    if not isinstance(control, str) or Path(control).name != control:
        raise refusal
    beside = path.with_name(f"{control}.toml")
    source = str(beside) if name.endswith(".toml") and beside != path and beside.is_file() else control
    if source in (name, *below):
        raise refusal
    inherited = read_recipe(source, {}, (name, *below))
    return {key: value for key, value in inherited.items() if key not in OWN} | values


def build_recipe(name: str, values: Mapping[str, Any]) -> Recipe:
    """Build a recipe from a recipe file's keys. Raises InputError."""
    known = {entry.name for entry in fields(Recipe)} - {"name"}
    unknown = sorted(set(values) - known)
    if unknown:
        raise InputError(f"a recipe has no key {unknown[0]!r}: use one of {', '.join(sorted(known))}")
    plain = dict(values)
    corpora = tuple(read_share(entry) for entry in read_list("corpora", plain.pop("corpora", ())))
    fixes = tuple(read_fix(entry) for entry in read_list("fixes", plain.pop("fixes", ())))
    banned = tuple(read_list("banned_tokens", plain.pop("banned_tokens", ())))
    steps = tuple(read_list("keep_steps", plain.pop("keep_steps", ())))
    if not all(isinstance(token, str) for token in banned):
        raise InputError("banned_tokens must be a list of tokens, each in quotes")
    return replace(Recipe(name), corpora=corpora, fixes=fixes, banned_tokens=banned, keep_steps=steps, **plain)


def read_values(settings: Mapping[str, str]) -> dict[str, Any]:
    """Read the values of `key=value` settings: TOML where they can be, otherwise text."""
    return {key: read_value(text) for key, text in settings.items()}


def read_value(text: str) -> Any:
    """Return the TOML value that a text spells, or the text itself."""
    try:
        return tomllib.loads(f"value = {text}")["value"]
    except (ValueError, KeyError, RecursionError):
        return text
