"""The figures that the package's docstring gives, taken anew from the text."""

import re
from collections import Counter

import pytest

from chatbot_tui.training import lab_text
from chatbot_tui.training.lab_text.smalltalk import held_out_dialogues, lab_dialogues
from tests.training.lab_text.conftest import Dialogues
from tests.training.lab_text.text_statistics import END, SENTENCE_END, Mixture, conditional_entropy, entropy, stream

DOCUMENTED = " ".join((lab_text.__doc__ or "").split())


def documented(pattern: str) -> float:
    """The number that the docstring gives in place of # in the pattern."""
    found = re.search(pattern.replace("#", r"([\d,]*\.?\d+)"), DOCUMENTED)
    assert found, pattern
    return float(found[1].replace(",", ""))


def test_the_documented_counts_are_exact(smalltalk: Dialogues) -> None:
    spoken = Counter(token for token in stream(smalltalk) if token != END)
    assert documented("# conversations") == len(smalltalk)
    assert documented("# turns") == sum(map(len, smalltalk))
    assert documented("# words") == sum(spoken.values())
    assert documented("# word types") == len(spoken)
    assert documented("# of them said 20 to 200 times") == sum(20 <= count <= 200 for count in spoken.values())
    (first, times), (second, less) = spoken.most_common(2)
    assert (first, second) == ("the", "and")
    assert documented('"the" is # % of the words') == pytest.approx(100 * times / sum(spoken.values()), abs=0.05)
    assert documented('# times as frequent as "and"') == pytest.approx(times / less, abs=0.05)


def test_the_documented_shares_of_distinct_text_are_exact(smalltalk: Dialogues) -> None:
    turns = [turn for dialogue in smalltalk for turn in dialogue]
    sentences = [sentence for turn in turns for sentence in SENTENCE_END.split(turn)]
    assert documented("# % of the turns") == pytest.approx(100 * len(set(turns)) / len(turns), abs=0.5)
    assert documented("# % of the sentences") == pytest.approx(100 * len(set(sentences)) / len(sentences), abs=0.5)


def test_the_documented_entropies_are_exact(smalltalk: Dialogues) -> None:
    tokens = stream(smalltalk)
    assert documented("a word alone # nats") == pytest.approx(entropy(Counter(token for token in tokens if token != END)), abs=0.005)
    assert documented("ends of turns # nats") == pytest.approx(entropy(Counter(tokens)), abs=0.005)
    assert documented("after one token # nats") == pytest.approx(conditional_entropy(tokens, 1), abs=0.005)
    assert documented("after two # nats") == pytest.approx(conditional_entropy(tokens, 2), abs=0.005)


def test_the_documented_losses_on_held_out_text_are_exact(smalltalk: Dialogues) -> None:
    tokens, held_out = stream(smalltalk), stream(held_out_dialogues())
    model = Mixture(tokens, 3)
    losses = [model.loss(held_out, order) for order in (1, 2, 3)]
    assert documented("unigrams # nats") == pytest.approx(losses[0], abs=0.005)
    assert documented("bigrams # nats") == pytest.approx(losses[1], abs=0.005)
    assert documented("trigrams # nats") == pytest.approx(losses[2], abs=0.005)
    # What context is worth beyond the neighbour: without it, no net could show that it has any.
    assert losses[1] - losses[2] > 1


@pytest.mark.parametrize("seed", [1, 2])
def test_every_seed_gives_text_of_this_kind(seed: int) -> None:
    dialogues = lab_dialogues(seed, 100_000)
    tokens = stream(dialogues)
    spoken = Counter(token for token in tokens if token != END)
    assert 900 <= len(spoken) <= 1_200
    (first, times), (_, less) = spoken.most_common(2)
    assert first == "the"
    assert times > 1.15 * less
    assert 5.5 < entropy(spoken) < 7
    assert conditional_entropy(tokens, 1) < entropy(Counter(tokens)) - 2
    sentences = [sentence for dialogue in dialogues for turn in dialogue for sentence in SENTENCE_END.split(turn)]
    assert len(set(sentences)) > 0.6 * len(sentences)
