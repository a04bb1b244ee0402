from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatbot_tui.benchmarks.peers.kneser_ney import FALLBACK, KneserNey, discounts

SIZE = 6
BEGIN = SIZE


def learnt(dialogues: list[list[int]], order: int = 5, size: int = SIZE) -> KneserNey:
    tokens = np.array([token for dialogue in dialogues for token in dialogue], np.int32)
    starts = np.concatenate([[0], np.cumsum([len(dialogue) for dialogue in dialogues])]).astype(np.int64)
    return KneserNey.learn(tokens, starts, size, order)


class Plain:
    """The same model by dictionaries and recursion, straight from the formulas."""

    def __init__(self, dialogues: list[list[int]], order: int, size: int) -> None:
        self.order, self.size = order, size
        self.counts: list[Counter[tuple[int, ...]]] = []
        signs = max(order - 2, 0)
        texts = [[BEGIN] * signs + dialogue for dialogue in dialogues]
        for n in range(1, order + 1):
            found: Counter[tuple[int, ...]] = Counter()
            before: dict[tuple[int, ...], set[int]] = {}
            for text in texts:
                # The first token of a dialogue is given.
                for last in range(signs + 1, len(text)):
                    if last - n + 1 >= 0:
                        gram = tuple(text[last - n + 1 : last + 1])
                        found[gram] += 1
                        before.setdefault(gram, set()).update(text[last - n : last - n + 1] if last >= n else [])
            self.counts.append(found if n == order else Counter({gram: len(left) for gram, left in before.items()}))
        self.cuts = [discounts(np.array(list(counts.values()))) for counts in self.counts]

    def p(self, token: int, context: tuple[int, ...]) -> float:
        context = context[max(len(context) - self.order + 1, 0) :]
        return self._p(token, context)

    def _p(self, token: int, context: tuple[int, ...]) -> float:
        shorter = self._p(token, context[1:]) if context else 1 / self.size
        counts, cut = self.counts[len(context)], self.cuts[len(context)]
        following = {w: counts[(*context, w)] for w in range(self.size) if counts[(*context, w)]}
        if not following:
            return shorter
        total = sum(following.values())
        left = sum(cut[min(times, 3)] for times in following.values()) / total
        own = following.get(token, 0)
        return float((own - cut[min(own, 3)]) / total + left * shorter)


DIALOGUES = st.lists(st.lists(st.integers(0, SIZE - 1), min_size=1, max_size=30), min_size=1, max_size=8)


@given(DIALOGUES, st.integers(1, 5), st.lists(st.integers(0, SIZE - 1), max_size=7))
def test_probabilities_sum_to_one_and_are_those_of_the_formulas(dialogues: list[list[int]], order: int, context: list[int]) -> None:
    if all(len(dialogue) < 2 for dialogue in dialogues):
        return
    model, plain = learnt(dialogues, order), Plain(dialogues, order, SIZE)
    found = model.distribution(context)
    assert found.sum() == pytest.approx(1, abs=1e-12)
    assert found.tolist() == pytest.approx([plain.p(token, tuple(context)) for token in range(SIZE)], abs=1e-12)


@given(DIALOGUES, st.lists(st.lists(st.integers(0, SIZE - 1), min_size=1, max_size=12), min_size=1, max_size=5))
def test_rows_are_scored_as_their_distributions_say(dialogues: list[list[int]], rows: list[list[int]]) -> None:
    if all(len(dialogue) < 2 for dialogue in dialogues):
        return
    model = learnt(dialogues)
    unscored = [index % (len(row) + 1) for index, row in enumerate(rows)]
    wanted = [
        sum(float(np.log(model.distribution(row[:place])[row[place]])) for place in range(first, len(row)))
        for row, first in zip(rows, unscored, strict=True)
    ]
    assert model.log_p(rows, unscored).tolist() == pytest.approx(wanted, abs=1e-9)


def test_bigrams_by_hand() -> None:
    # 0 opens and ends: 0 1 2 0 and 0 1 3 0. Bigrams: 01 twice, 12, 20, 13, 30 once each.
    model = learnt([[0, 1, 2, 0], [0, 1, 3, 0]], order=2, size=4)
    # Too few for estimates, so D1 = .5, D2 = 1. Unigrams by what stands before them: 0 after 2 and 3: 2; 1 after 0: 1; 2: 1; 3: 1.
    # Left to the uniform 1/4: (1 + 3 * .5) / 5 = .5, so p(0) = (2 - 1) / 5 + .125 = .325 and p(1) = p(2) = p(3) = .5 / 5 + .125 = .225.
    assert model.distribution([]).tolist() == pytest.approx([0.325, 0.225, 0.225, 0.225])
    # After 1 come 2 and 3, once each: (1 - .5) / 2 = .25 each, and .5 of the unigrams.
    assert model.distribution([1]).tolist() == pytest.approx([0.1625, 0.1125, 0.3625, 0.3625])
    # After 0 comes 1, twice: (2 - 1) / 2 = .5, and 1 / 2 of the unigrams.
    assert model.distribution([0]).tolist() == pytest.approx([0.1625, 0.6125, 0.1125, 0.1125])
    # Four unigrams and five bigrams.
    assert model.parameters == 9


def test_discounts_by_hand() -> None:
    # Ten of count 1, four of 2, two of 3, one of 4: Y = 10 / 18; D1 = 1 - 2 Y 4 / 10, D2 = 2 - 3 Y 2 / 4, D3 = 3 - 4 Y / 2.
    counts = np.repeat([1, 2, 3, 4], [10, 4, 2, 1])
    y = 10 / 18
    assert discounts(counts).tolist() == pytest.approx([0, 1 - 0.8 * y, 2 - 1.5 * y, 3 - 2 * y])
    assert discounts(np.array([1, 1, 2])).tolist() == [0, *FALLBACK]
    # D3 would be 3 - 4 * (1 / 3) * 9 < 0.
    assert discounts(np.repeat([1, 2, 3, 4], [1, 1, 1, 9])).tolist() == [0, *FALLBACK]


def test_the_beginning_of_a_dialogue_is_known() -> None:
    # 1 follows the 0 that opens, and 2 the one between turns.
    model = learnt([[0, 1, 3, 0, 2, 3, 0]] * 3)
    assert model.fresh == (SIZE, SIZE, SIZE)
    begins, goes_on = model.distribution([*model.fresh, 0]), model.distribution([0, 1, 3, 0])
    assert begins[1] > 0.5 > begins[2]
    assert goes_on[2] > 0.5 > goes_on[1]


def test_no_ngram_reaches_from_one_dialogue_into_the_next() -> None:
    one, other = learnt([[0, 1, 2, 0], [0, 3, 4, 0]]), learnt([[0, 3, 4, 0], [0, 1, 2, 0]])
    for context in ([0], [2, 0], [4, 0], [2, 0, 0], [4, 0, 0]):
        assert one.distribution(context).tolist() == pytest.approx(other.distribution(context).tolist(), abs=1e-12)
