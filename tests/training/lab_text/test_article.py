from collections import Counter

from chatbot_tui.training.lab_text.article import article_sentences


def test_the_sentences_are_as_often_as_in_the_article() -> None:
    dialogues = article_sentences()
    assert all(len(dialogue) == 1 for dialogue in dialogues)
    counts = Counter(dialogue[0] for dialogue in dialogues)
    assert counts == {"the cat is sleeping": 500, "a dog is barking": 20, "bird is flying": 10}


def test_every_call_gives_lists_of_its_own() -> None:
    article_sentences()[0].append("changed")
    assert article_sentences()[0] == ["the cat is sleeping"]
