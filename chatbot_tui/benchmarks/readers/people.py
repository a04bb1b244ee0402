"""What real people answered to what is most like a given opener: the yardstick among the replies that readers judge."""

import math
import re
from collections import Counter
from collections.abc import Sequence
from itertools import pairwise

from chatbot_tui.training.corpus import Dialogue
from chatbot_tui.training.decency import offences

WORD = re.compile(r"\w+(?:'\w+)*")
LONGEST = 30
"""Words of a reply that is shown, at most: readers compare with a net's, which are short."""


def answers_of_people(openers: Sequence[str], dialogues: Sequence[Dialogue]) -> list[tuple[str, str]]:
    """Return for each opener the turn of the text most like it and what was answered to that turn.

    Like is the cosine of word counts weighted by ln(turns / turns with the word) (Spärck Jones 1972), lower-cased; of equally like turns
    the first. Answers with an offence or more than LONGEST words are passed over, and no turn serves two openers.
    """
    pairs = [
        (turn, answer)
        for dialogue in dialogues
        for turn, answer in pairwise(dialogue)
        if len(answer.split()) <= LONGEST and not offences(answer)
    ]
    bags = [Counter(words_of(turn)) for turn, _ in pairs]
    seen = Counter(word for bag in bags for word in bag)
    weights = {word: math.log(len(pairs) / turns) for word, turns in seen.items()}
    norms = [math.sqrt(sum((count * weights[word]) ** 2 for word, count in bag.items())) for bag in bags]
    places: dict[str, list[int]] = {}
    for place, bag in enumerate(bags):
        for word in bag:
            places.setdefault(word, []).append(place)
    taken: set[int] = set()
    chosen = []
    for opener in openers:
        likeness: dict[int, float] = {}
        for word, count in Counter(words_of(opener)).items():
            for place in places.get(word, ()):
                likeness[place] = likeness.get(place, 0.0) + count * bags[place][word] * weights[word] ** 2
        ranked = (place for place in likeness if place not in taken and norms[place])
        best = max(ranked, key=lambda place: (likeness[place] / norms[place], -place), default=None)
        if best is None:
            chosen.append(("", ""))
            continue
        taken.add(best)
        chosen.append(pairs[best])
    return chosen


def words_of(text: str) -> list[str]:
    """Return a text's words in lower case."""
    return WORD.findall(text.lower())
