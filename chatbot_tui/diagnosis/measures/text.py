"""Signals that need text: what it teaches, how well the net predicts it, and whether the net's speech is taken from it."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch

from chatbot_tui.diagnosis.measured import Measured
from chatbot_tui.diagnosis.measures.speech import Speech
from chatbot_tui.diagnosis.subject import GivenText, Subject
from chatbot_tui.model.lstm import LanguageModel
from chatbot_tui.signals.replies import known_share
from chatbot_tui.signals.text_statistics import commonest_turn, pair_gain, ruling_token

LOSS_TOKENS = 8192
"""Tokens that a loss is taken over, at most."""
ROWS = 16
WINDOW = 32
OVERLAP = 8
"""Length of the n-grams by which speech is compared with the text."""


@dataclass(frozen=True)
class Reading:
    """What the net makes of text, a token a row; the state is carried from the beginning of each of some rows to its end."""

    log_p: npt.NDArray[np.float64]
    """ln p of the token that comes."""
    entropy: npt.NDArray[np.float64]
    """Of the distribution, nats."""
    targets: npt.NDArray[np.int64]
    features: torch.Tensor
    """What the output layer reads, [tokens, output_dim]."""

    @property
    def loss(self) -> float:
        """Mean cross-entropy in nats a token."""
        return float(-self.log_p.mean())


def table_of(text: GivenText) -> npt.NDArray[np.int64]:
    """Return the beginning of the text as rows side by side, [time, rows]."""
    stream = text.stream[: LOSS_TOKENS + 1]
    columns = max(1, min(ROWS, len(stream) // 64))
    length = len(stream) // columns
    return np.ascontiguousarray(stream[: length * columns].reshape(columns, length).T)


def read(model: LanguageModel, table: npt.NDArray[np.int64], *, blind: bool = False) -> Reading:
    """Read rows of text [time, rows] with the state carried; `blind` feeds zeros in the place of every embedding."""
    tokens = torch.from_numpy(table)
    state = model.zero_state(tokens.shape[1])
    parts: list[tuple[torch.Tensor, torch.Tensor, torch.Tensor]] = []
    with torch.inference_mode(), zeroed(model, blind):
        for begin in range(0, len(tokens) - 1, WINDOW):
            window = tokens[begin : begin + WINDOW + 1]
            hidden, state = model.hidden(window[:-1], state)
            log_p = model.fc(hidden).double().log_softmax(dim=-1)
            chosen = log_p.gather(-1, window[1:, :, None])[..., 0]
            entropy = -(log_p.exp() * log_p).nan_to_num().sum(dim=-1)
            parts.append((chosen.flatten(), entropy.flatten(), hidden.flatten(0, 1)))
    log_ps, entropies, features = (torch.cat(column) for column in zip(*parts, strict=True))
    return Reading(log_ps.numpy(), entropies.numpy(), table[1:].reshape(-1), features)


class zeroed:  # noqa: N801 (a context manager reads as a verb)
    """A context in which the embedding gives zeros, if asked for."""

    def __init__(self, model: LanguageModel, asked: bool) -> None:
        self._model, self._asked = model, asked

    def __enter__(self) -> None:
        if self._asked:
            self._hook = self._model.embedding.register_forward_hook(lambda _module, _inputs, output: torch.zeros_like(output))

    def __exit__(self, *_: object) -> None:
        if self._asked:
            self._hook.remove()


def text_signals(subject: Subject, text: GivenText, reading: Reading, blind: Reading, speech: Speech) -> dict[str, Measured]:
    """Measure what the text teaches, and what the net has learnt of it."""
    u = subject.frequencies
    assert u is not None  # noqa: S101 (given text is what they are counted in at worst)
    estimated = subject.checkpoint.counts is None
    token, share = ruling_token(text.stream)
    by_frequency = float(-np.log(u[reading.targets]).mean())
    pairs = pair_gain(text.stream)
    unknown = subject.specials.unknown
    surprise = reading.loss - float(reading.entropy.mean())
    return {
        "text_loss": Measured(reading.loss),
        "unigram_loss": Measured(by_frequency, estimated=estimated),
        "context_gain": Measured(by_frequency - reading.loss, estimated=estimated),
        "overconfidence": Measured(surprise),
        "pair_gain": Measured(pairs),
        "beyond_pairs": Measured(by_frequency - reading.loss - pairs, estimated=estimated),
        "ruling_token": Measured(share, subject.checkpoint.tokenizer.texts[token].strip()),
        "commonest_word": commonest_word(subject, text),
        "commonest_turn": Measured(commonest_turn(text.turns)),
        "unknown_in_text": Measured(None if unknown is None else float((text.stream == unknown).mean())),
        "text_in_speech": Measured(known_share(speech.sampled, words_of(subject, text).tolist(), OVERLAP)),
        "blind_cost": Measured(blind.loss - loss_of_beginning(reading, len(blind.targets))),
    }


def commonest_word(subject: Subject, text: GivenText) -> Measured:
    """Return the share of the commonest word among all tokens of the text but the special ones."""
    words = words_of(subject, text)
    counts = np.bincount(words, minlength=1)
    return Measured(float(counts.max() / max(len(words), 1)), subject.checkpoint.tokenizer.texts[int(counts.argmax())].strip())


def words_of(subject: Subject, text: GivenText) -> npt.NDArray[np.int64]:
    """Return the text without its special tokens, as the net speaks when it is examined."""
    words: npt.NDArray[np.int64] = text.stream[~np.isin(text.stream, subject.specials.ids)]
    return words


def loss_of_beginning(reading: Reading, tokens: int) -> float:
    """Return the loss over the first tokens of a reading, in nats a token."""
    return float(-reading.log_p[:tokens].mean())
