"""Signals of the next-token distributions after the prompts."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from chatbot_tui.diagnosis.measured import Measured
from chatbot_tui.diagnosis.subject import Subject
from chatbot_tui.model.lstm import LanguageModel
from chatbot_tui.model.special_tokens import Specials
from chatbot_tui.signals.divergence import jensen_shannon, kl_divergence
from chatbot_tui.signals.predictions import copy_share, frequency_correlation, log_softmax, mean_confidence, mean_entropy, top_token
from chatbot_tui.signals.sensitivity import probe_prompts

RUN = 24
"""How many special tokens in a row stand for the filling of a short row; by then a net that repeats itself has settled too."""


@dataclass(frozen=True, eq=False)
class Predictions:
    """What the net expects after each prompt."""

    logits: npt.NDArray[np.float64]
    """[prompts, vocabulary]."""

    @cached_property
    def log_p(self) -> npt.NDArray[np.float64]:
        """The same as ln p over the whole vocabulary, nothing banned; the logits must be finite."""
        return log_softmax(self.logits)

    @property
    def p(self) -> npt.NDArray[np.float64]:
        """Probabilities, [prompts, vocabulary]."""
        result: npt.NDArray[np.float64] = np.exp(self.log_p)
        return result


def predict(model: LanguageModel, prompts: Tensor) -> Predictions:
    """Return the distributions after prompts [time, prompts], each read from the fresh state."""
    with torch.inference_mode():
        hidden, _ = model.hidden(prompts)
        logits = model.fc(hidden[-1]).double().cpu().numpy()
    return Predictions(logits)


def prediction_signals(subject: Subject, predictions: Predictions) -> dict[str, Measured]:
    """Measure what the net expects, and on what that depends."""
    log_p, p = predictions.log_p, predictions.p
    specials, u = subject.specials, subject.frequencies
    estimated = subject.checkpoint.counts is None
    sensitivity = jensen_shannon(p)
    entropy = mean_entropy(log_p)
    top, share = top_token(log_p)
    name = subject.checkpoint.tokenizer.texts[top].strip()
    kinds = {"unknown": specials.unknown, "padding": specials.padding, "end": specials.end}
    return {
        "prompt_sensitivity": Measured(sensitivity),
        "sensitivity_share": Measured(sensitivity / (entropy + sensitivity) if entropy + sensitivity > 0 else 0.0),
        "entropy": Measured(entropy),
        "entropy_share": Measured(entropy / float(np.log(log_p.shape[1])) if log_p.shape[1] > 1 else 0.0),
        "confidence": Measured(mean_confidence(log_p)),
        "logit_spread": Measured(float(predictions.logits.std(axis=1).mean())),
        "copy_share": Measured(copies(subject)),
        "top_token_share": Measured(share, name),
        "top_token_mean": Measured(float(p[:, top].mean()), name),
        "kl_unigram": Measured(None if u is None else float(np.mean([kl_divergence(row, u) for row in p])), estimated=estimated),
        "frequency_correlation": Measured(None if u is None else frequency_correlation(predictions.logits, u), estimated=estimated),
        **{f"{kind}_share": Measured(None if token is None else float(p[:, token].mean())) for kind, token in kinds.items()},
        **filling_signals(subject, predictions),
    }


def copies(subject: Subject) -> float:
    """Return how often the likeliest next token is the one just read, over prompts drawn from the vocabulary.

    Not over text, in which a word may well come twice in a row, and one sentence may be all there is.
    """
    specials = {*subject.specials.ids, *subject.checkpoint.banned}
    size = subject.checkpoint.model.config.vocab_size
    prompts = probe_prompts(size, specials if len(specials) < size else ())
    return copy_share(predict(subject.checkpoint.model, prompts).log_p, prompts[-1].numpy())


def filling_signals(subject: Subject, predictions: Predictions) -> dict[str, Measured]:
    """Return the probability of a padding (or end) token after a run of nothing else, and how many times that is what it is before.

    Of the two tokens, the one that the net expects more; unknown without either. A net that was never asked for what fills up a row
    has no reason to expect it.
    """
    best, times, name = None, None, ""
    padding = None
    for token in fillers(subject.specials):
        run = torch.full((RUN, subject.prompts.shape[1]), token)
        after = float(predict(subject.checkpoint.model, torch.cat([subject.prompts, run])).p[:, token].mean())
        if token == subject.specials.padding:
            padding = after
        if best is None or after > best:
            before = float(predictions.p[:, token].mean())
            best, times, name = after, after / max(before, 1e-12), subject.checkpoint.tokenizer.texts[token].strip()
    return {"filling_learnt": Measured(best, name), "filling_times": Measured(times, name), "padding_learnt": Measured(padding)}


def fillers(specials: Specials) -> list[int]:
    """Return the tokens that may fill up a row."""
    return [token for token in (specials.padding, specials.end) if token is not None]
