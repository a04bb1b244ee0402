"""What one generated token, one reply and one training report consist of: frozen records that cross every layer."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, TypeAlias

from chatbot_tui.core.sampling import SamplingSettings

FinishReason: TypeAlias = Literal["end", "length", "cancelled"]
Verdict: TypeAlias = Literal["collapsed", "looping", "healthy"]
Blame: TypeAlias = Literal["model", "decoder"]
Phase: TypeAlias = Literal["uniform", "unigram", "bigram", "context"]


@dataclass(frozen=True, slots=True)
class Candidate:
    """One token of the vocabulary at one step."""

    token: int
    text: str
    """What the token adds to the text; may hold control characters or markup: never render it as markup."""
    logit: float
    """The model's raw output, before any sampler."""
    p_model: float
    """Softmax of the raw logits over the whole vocabulary."""
    p_sampled: float
    """Probability after every sampling stage; 0 for a cut token."""
    cut_by: str | None
    """Name of the stage that removed the token (a Parameter's key, 'ban' or 'greedy'); None while it is still in."""
    rank: int | None = None
    """Position among the model's probabilities, from 0; ties: lower id first. Given for watched words, None elsewhere."""


@dataclass(frozen=True, slots=True)
class Gates:
    """Means over the units of one layer, in the order of PyTorch's weights."""

    i: float
    """Input gate, 0 to 1."""
    f: float
    """Forget gate, 0 to 1."""
    g: float
    """Candidate cell value, -1 to 1."""
    o: float
    """Output gate, 0 to 1."""


@dataclass(frozen=True, slots=True)
class LayerState:
    """What one LSTM layer holds after the step that produced the distribution."""

    layer: int
    h_norm: float
    """Euclidean norm of the hidden state."""
    c_norm: float
    """Euclidean norm of the cell state."""
    h_change: float
    """Euclidean norm of h minus the h one token earlier, divided by the norm of h (0 where both vanish)."""
    gates: Gates
    saturated: float
    """Share of i, f and o below .1 or above .9."""


@dataclass(frozen=True, slots=True)
class CollapseReading:
    """The running verdict on a reply, up to and including this step."""

    verdict: Verdict
    onset_step: int | None
    """The step at which the trouble set in; None while healthy."""
    repeats: int
    """How many times the shortest repeating unit stands at the end of the reply (1: no repetition)."""
    unit: str
    """The text that repeats; empty without repetition."""
    period: int | None
    """Period of the orbit of (h, p) under the tokens so far, in steps; 1 is a fixed point; None: no orbit."""
    kl_unigram: float | None
    """KL(p || u) in nats of this step's distribution from the training frequencies; None without counts."""
    prompt_sensitivity: float
    """Generalised Jensen-Shannon divergence, in nats, of the net's answers to 32 probe prompts of 8 tokens."""
    blame: Blame | None
    """Whether the model or the decoder is at fault; None while healthy."""


@dataclass(frozen=True, slots=True)
class Counterfactual:
    """What another strategy would have drawn at this step from the same random number."""

    strategy: str
    token: int
    text: str


@dataclass(frozen=True, slots=True)
class ReplyCandidate:
    """One of several replies that were drawn, of which one is said."""

    text: str
    tokens: int
    """How many were drawn, an end token included."""
    finished: bool
    """Whether it ended by itself."""
    log_p: float
    """ln p(reply | dialogue) by the bare model, in nats."""
    log_p_alone: float
    """ln p(reply | nothing): the same after a fresh beginning, in nats."""
    score: float
    """log_p - pmi_weight * log_p_alone, in nats; pointwise mutual information where the weight is 1."""


@dataclass(frozen=True, slots=True)
class Weighing:
    """The candidates for a reply and what became of them."""

    candidates: tuple[ReplyCandidate, ...]
    """In the order in which they were drawn; the first is what would have been said without the others."""
    chosen: int
    """Position of the one with the highest score; ties: the earlier one."""
    pmi_weight: float


@dataclass(frozen=True, slots=True)
class StepFrame:
    """One generated token and everything that led to it."""

    step: int
    """Position in the reply, from 0."""
    token: int
    text: str
    """What the token adds to the reply; empty for an end token."""
    p_model: float
    p_sampled: float
    rank: int
    """Position of the token among the model's probabilities, from 0; ties: lower id first."""
    entropy: float
    """Entropy of the model's distribution over the whole vocabulary, in nats, before any sampler."""
    entropy_sampled: float
    """Entropy of the distribution after sampling, in nats."""
    u: float | None
    """The uniform number drawn; None for greedy."""
    top: tuple[Candidate, ...]
    """The likeliest tokens by the model, in descending order, and the drawn one."""
    tail_p_model: float
    tail_p_sampled: float
    vocabulary_size: int
    kept: int
    """How many tokens of the vocabulary have p_sampled above 0."""
    cuts: Mapping[str, int]
    """How many tokens each stage removed, in the order in which the stages ran."""
    ruler: tuple[Candidate, ...]
    """The largest p_sampled in descending order (ties: lower id first), the order in which u walks; at most 8, and the drawn token."""
    drawn_from: float
    """Cumulative p_sampled of the tokens that stand before the drawn one in that walk."""
    counterfactuals: tuple[Counterfactual, ...]
    pinned: tuple[Candidate, ...]
    """The words that the user watches, in the user's order."""
    state: tuple[LayerState, ...]
    h_position: tuple[float, float]
    """The last layer's h on two fixed orthonormal directions."""
    collapse: CollapseReading
    is_end: bool
    mirostat_mu: float | None = None
    """Mirostat's surprise limit before the draw, in bits; None when off."""
    sampling: SamplingSettings | None = None
    """The settings that drew this token, so that a change in mid-reply is on record at its exact step; None: not told."""
    weighing: Weighing | None = None
    """The candidates among which this reply was chosen, one object for all its frames; None where it was the only one."""


@dataclass(frozen=True, slots=True)
class TokenScore:
    """How surprising one token that somebody typed was to the net."""

    token: int
    text: str
    surprisal: float | None
    """-ln p in nats, given all that came before; None for a token that nothing stands before."""


@dataclass(frozen=True, slots=True)
class PromptScored:
    """The first event of a reply: the user's last turn as the net read it."""

    tokens: tuple[TokenScore, ...]
    dropped: tuple[str, ...] = ()
    """Words that the vocabulary lacks: read as the unknown token, or left out where there is none."""


@dataclass(frozen=True, slots=True)
class ReplyFinished:
    """The last event of a reply."""

    reply: str
    finish_reason: FinishReason
    verdict: Verdict
    onset_step: int | None
    tokens: int
    """Frames given, an end token included."""
    tokens_per_second: float
    """Over the whole reply: reading what was said, and drawing the candidates, take their part of the time."""


ReplyEvent: TypeAlias = PromptScored | StepFrame | ReplyFinished


@dataclass(frozen=True, slots=True)
class Yardsticks:
    """What simple models lose on the text that a net is judged by, in nats a token."""

    uniform: float
    """ln of the vocabulary's size: no token is likelier than another."""
    unigram: float
    """By the frequency of each token alone."""
    bigram: float
    """By the token before."""


@dataclass(frozen=True, slots=True)
class TrainFrame:
    """One report of a training run."""

    step: int
    """Optimiser steps done."""
    total_steps: int
    loss: float
    """Mean cross-entropy over the steps since the last report, in nats a token."""
    valid_loss: float | None
    """The same on held-out text, state carried; None without held-out text."""
    learning_rate: float
    gradient_norm: float
    """Before clipping, of the last step."""
    phase: Phase
    kl_unigram: float
    prompt_sensitivity: float
    sample: str
    """A greedy reply to the probe prompt."""
    probe_top: tuple[Candidate, ...]
    state: tuple[LayerState, ...]
    tokens_per_second: float
    seconds_left: float
    yardsticks: Yardsticks | None = None
    """What the loss is compared with; the same in every report of a run."""
    state_variance: tuple[float, ...] = ()
    """Per layer, how far h after 32 unlike prompts lies apart: variance divided by mean squared norm, 0 to 1."""
