"""What is done to each kind of specimen: one function a kind, which changes a healthy net that has been drawn."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from chatbot_tui.diagnosis.calibration.pools import PAD_TOKENS, UNKNOWN_TOKENS, Draw
from chatbot_tui.diagnosis.calibration.texts import ARTICLE, INDEPENDENT, LANGUAGE

EACH = 25
"""Specimens of each cause."""


@dataclass(frozen=True)
class Kind:
    """One kind of specimen."""

    change: Callable[[Draw], None]
    """Changes the healthy net that was drawn."""
    expected: str
    """The cause, or healthy."""
    count: int = EACH


def healthy(_draw: Draw) -> None:
    """Leave it as it is."""


def stopped_early(draw: Draw) -> None:
    """Stop in the unigram phase, which lasts the longer the smaller the steps are."""
    if draw.chance(0.75):
        rate = draw.between(3e-4, 4e-3)
        draw.train(rate, min(max(draw.between(0.03, 0.09) / rate, 8), 200))
    else:
        draw.train(draw.between(0.05, 0.3), draw.between(30, 150), "sgd")
    draw.settings |= {"schedule": "constant", "clip_norm": draw.one_of((0.0, 1.0, 5.0))}


def imbalanced_data(draw: Draw) -> None:
    """Give it one sentence far oftener than others, or one word in most places."""
    if draw.number % 2:
        draw.text["filler_share"] = round(draw.rng.uniform(0.62, 0.85), 3)
        return
    others = [draw.rng.randint(5, 40) for _ in range(draw.rng.randint(2, 9))]
    share = draw.rng.uniform(0.8, 0.97)
    often = max(60, round(sum(others) * share / (1 - share)))
    draw.text |= {
        "copies": (often, *others),
        "unit": "words",
        "unknown_token": None,
        "words": 10**6 if draw.text["source"] == ARTICLE else 5_000,
    }
    draw.settings |= {"steps": draw.rng.randint(150, 350), "batch_size": 8, "dropout": 0.0}
    draw.layout = draw.one_of(("stream", "turns"))
    draw.turns_a_row = 1


def small_vocabulary(draw: Draw) -> None:
    """Know so few words that the unknown token is the commonest by far."""
    draw.text |= {
        "unit": "words",
        "unknown_token": draw.one_of(UNKNOWN_TOKENS),
        "types": draw.rng.randint(400, 1500),
        "coverage": round(draw.rng.uniform(0.1, 0.36), 3),
        "vocab_size": 60,
    }


def indistinguishable_tokens(draw: Draw) -> None:
    """Give every token the same vector, or nearly so, and keep it."""
    draw.settings |= {
        "identical_embeddings": True,
        "freeze_embeddings": True,
        "tied": False,
        "embedding_dim": draw.one_of(draw.pool.embedding),
    }
    draw.embedding_noise = draw.one_of((0.0, draw.between(1e-5, 3e-3)))


def tiny_hidden(draw: Draw) -> None:
    """Take a state of a few numbers."""
    draw.settings |= {
        "hidden_dim": draw.one_of(draw.pool.tiny),
        "tied": False,
        "embedding_dim": draw.one_of(draw.pool.embedding),
        "num_layers": draw.one_of((1, 1, 1, 2)),
        "dropout": 0.0,
    }
    draw.know(200, 10**6)
    draw.settings["steps"] = max(draw.settings["steps"], 500)


def deep_stack(draw: Draw) -> None:
    """Stack plain layers."""
    draw.settings |= {"num_layers": draw.one_of(draw.pool.deep), "dropout": 0.0, "init": "default", "batch_size": 16, "sequence_length": 20}
    draw.resize(0, 96)
    draw.train(draw.between(7e-4, 2.5e-3), draw.rng.uniform(300, 500))


def near_zero_init(draw: Draw) -> None:
    """Begin with weights near zero, and stop before they have grown."""
    how = draw.number % 4
    draw.settings |= {"forget_bias": None, "tied": False, "embedding_dim": draw.one_of(draw.pool.embedding), "schedule": "constant"}
    draw.settings |= {"init": "uniform-small", "init_scale": draw.between(3e-4, 3e-3), "num_layers": draw.one_of((1, 1, 2))}
    if how == 3:
        draw.settings |= {"init": "zeros"} if draw.chance(0.4) else {"init": "normal", "init_scale": draw.between(1e-4, 2e-3)}
    if how == 1:
        rate = draw.between(5e-4, 2e-3)
        draw.train(rate, draw.between(0.06, 0.12) / rate)
    else:
        draw.train(draw.between(0.1, 0.4), draw.rng.uniform(250, 600), "sgd")


def over_decayed(draw: Draw) -> None:
    """Pull the weights to zero harder than the text pulls them away."""
    how = draw.number % 3
    rate = draw.between(1e-3, 4e-3)
    if how < 2:
        draw.train(rate, 0.9 / rate, "adam", weight_decay=draw.between(0.01, 0.3))
    elif draw.chance(0.5):
        draw.train(rate, 1.0 / rate, "adamw", weight_decay=draw.between(3.0, 12.0))
    else:
        draw.train(draw.between(0.3, 1.0), 400, "sgd", weight_decay=draw.between(0.02, 0.08))
    draw.settings |= {"decay_biases": draw.chance(0.4), "schedule": "constant"}


def learning_rate_too_high(draw: Draw) -> None:
    """Take steps that are far too long; whether that has done harm shows in what the net does."""
    if draw.chance(0.7):
        draw.train(draw.between(0.05, 0.6), draw.rng.uniform(250, 400))
    else:
        draw.train(draw.between(12.0, 80.0), draw.rng.uniform(250, 400), "sgd", clip_norm=1.0)
    draw.settings |= {"schedule": "constant"}


def overfit(draw: Draw) -> None:
    """Read a little text over and over."""
    draw.text["words"] = draw.rng.randint(700, 2_200)
    draw.settings |= {"dropout": 0.0, "fresh_rows": 0, "batch_size": 12, "num_layers": 1}
    draw.resize(88, 256)
    draw.layout = "stream"
    draw.train(draw.between(3e-3, 6e-3), draw.rng.uniform(600, 800), clip_norm=1.0, schedule="constant")


def copies_input(draw: Draw) -> None:
    """Forget to shift the targets."""
    draw.settings["shift_targets"] = False
    draw.settings["steps"] = min(draw.settings["steps"], 600)


def double_softmax(draw: Draw) -> None:
    """Take the softmax twice."""
    draw.settings["double_softmax"] = True
    if draw.settings["optimizer"] == "sgd":
        draw.train(draw.between(1e-3, 4e-3), 500)


def padding_in_loss(draw: Draw) -> None:
    """Fill short rows up, and count what fills them."""
    draw.text["pad_token"] = draw.text["pad_token"] or draw.one_of(PAD_TOKENS)
    draw.layout = "turns"
    draw.turns_a_row = draw.one_of((1, 1, 2))
    draw.settings |= {"count_padding": True, "fresh_rows": 1, "sequence_length": draw.one_of((30, 35, 40, 50))}
    draw.settings["steps"] = min(draw.settings["steps"], 600)


def context_free_data(draw: Draw) -> None:
    """Give it words that do not depend on each other."""
    draw.text |= {"source": INDEPENDENT, "unit": "words", "types": round(draw.text["vocab_size"] * 1.1), "unknown_token": None}
    draw.text["end_token"] = None
    draw.settings["dropout"] = draw.one_of((0.0, 0.1))
    draw.text["words"] = 60_000


def recovered_init(draw: Draw) -> None:
    """Begin with weights near zero, and let Adam find its way out."""
    draw.settings |= {"init": "uniform-small", "init_scale": draw.between(3e-4, 3e-3), "forget_bias": None, "num_layers": 1}
    rate = draw.between(2.5e-3, 5e-3)
    draw.train(rate, 650, schedule="constant", clip_norm=1.0)
    draw.know(0, 700)


def small_but_healthy(draw: Draw) -> None:
    """Take a small state for a language of few words, which needs no more."""
    words = draw.one_of(draw.pool.few_words)
    draw.text |= {"vocab_size": words, "types": words - draw.rng.randint(0, 4), "source": LANGUAGE, "unit": "words"}
    draw.settings |= {"hidden_dim": draw.one_of(draw.pool.small), "tied": False, "embedding_dim": 16, "num_layers": 1, "dropout": 0.0}
    draw.train(draw.between(4e-3, 1e-2), 700, clip_norm=1.0, schedule="constant")


def deep_residual(draw: Draw) -> None:
    """Stack layers that add to what they read."""
    draw.settings |= {"num_layers": draw.one_of(draw.pool.deep), "residual": True, "batch_size": 16, "sequence_length": 20, "dropout": 0.0}
    draw.resize(0, 64)
    draw.train(draw.between(2e-3, 4e-3), 400)


def uniform_noise(draw: Draw) -> None:
    """Give it words that are all equally frequent and do not depend on each other."""
    context_free_data(draw)
    draw.text["exponent"] = 0.0


def article_text(draw: Draw) -> None:
    """Train on the article's 530 sentences as they are."""
    draw.text |= {"source": ARTICLE, "unit": "words", "words": 10**6, "copies": (), "unknown_token": None}
    draw.settings |= {"steps": draw.rng.randint(150, 400), "batch_size": 8}


def clipped_hard(draw: Draw) -> None:
    """Clip the gradient to almost nothing; Adam does not mind."""
    draw.train(draw.between(2e-3, 4e-3), 450, clip_norm=draw.between(1e-3, 2e-2), schedule="constant")


def strong_dropout(draw: Draw) -> None:
    """Drop half of the units and more."""
    draw.settings["dropout"] = round(draw.rng.uniform(0.5, 0.65), 2)
    draw.resize(88, 256)
    draw.train(draw.between(2.5e-3, 5e-3), 550, clip_norm=1.0)


KINDS: Mapping[str, Kind] = {
    "healthy": Kind(healthy, "healthy", 175),
    "stopped-early": Kind(stopped_early, "stopped-early"),
    "imbalanced-data": Kind(imbalanced_data, "imbalanced-data", 30),
    "small-vocabulary": Kind(small_vocabulary, "small-vocabulary"),
    "indistinguishable-tokens": Kind(indistinguishable_tokens, "indistinguishable-tokens"),
    "tiny-hidden": Kind(tiny_hidden, "tiny-hidden"),
    "deep-stack": Kind(deep_stack, "deep-stack"),
    "near-zero-init": Kind(near_zero_init, "near-zero-init", 30),
    "over-decayed": Kind(over_decayed, "over-decayed"),
    "learning-rate-too-high": Kind(learning_rate_too_high, "learning-rate-too-high", 35),
    "overfit": Kind(overfit, "overfit"),
    "copies-input": Kind(copies_input, "copies-input"),
    "double-softmax": Kind(double_softmax, "double-softmax"),
    "padding-in-loss": Kind(padding_in_loss, "padding-in-loss"),
    "context-free-data": Kind(context_free_data, "context-free-data"),
    "recovered-init": Kind(recovered_init, "healthy", 15),
    "small-but-healthy": Kind(small_but_healthy, "healthy", 10),
    "deep-residual": Kind(deep_residual, "healthy", 10),
    "uniform-noise": Kind(uniform_noise, "context-free-data", 8),
    "article-text": Kind(article_text, "imbalanced-data", 8),
    "clipped-hard": Kind(clipped_hard, "healthy", 8),
    "strong-dropout": Kind(strong_dropout, "healthy", 10),
}
"""Every kind, by name: the causes, then the near misses."""
