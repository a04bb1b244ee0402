"""The sentences of the article that the collapse laboratory re-enacts: an imbalanced toy set, as it is."""

ARTICLE_SENTENCES = (("the cat is sleeping", 500), ("a dog is barking", 20), ("bird is flying", 10))
"""Each sentence and how often the article trains on it."""


def article_sentences() -> list[list[str]]:
    """Return the 530 sentences, a dialogue of one turn each, in the article's order; every epoch of a run shuffles them."""
    return [[sentence] for sentence, times in ARTICLE_SENTENCES for _ in range(times)]
