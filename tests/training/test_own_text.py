from dataclasses import replace

import pytest

from chatbot_tui.training.own_text import absent_corpora, with_text_at_hand
from chatbot_tui.training.recipe_entries import CorpusShare
from tests.training.tiny import recipe


@pytest.mark.parametrize(("installed", "absent"), [(True, ["topical_chat"]), (False, ["topical_chat", "chitchat"])])
def test_files_and_packages_that_are_not_installed_are_absent(monkeypatch: pytest.MonkeyPatch, installed: bool, absent: list[str]) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda _name: object() if installed else None)
    assert absent_corpora(["lab", "topical_chat", "article", "chitchat"]) == absent
    assert absent_corpora([]) == []


def test_a_recipe_whose_text_is_at_hand_stays_as_it_is() -> None:
    for corpora in ((), (CorpusShare("lab", 0.5),), (CorpusShare("article"), CorpusShare("lab.valid"))):
        given = recipe(corpora=corpora)
        assert with_text_at_hand(given) == (given, "")


def test_another_learns_from_the_laboratorys_text_alone_and_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda _name: None)
    given = recipe(corpora=(CorpusShare("lab", 0.5), CorpusShare("topical_chat"), CorpusShare("chitchat")))
    made, remark = with_text_at_hand(given)
    assert made == replace(given, corpora=(CorpusShare("lab", 1.0, "MIT"),))
    assert remark == (
        "the recipe's own text, topical_chat, chitchat, is not here (chitchat comes with pip install 'chatbot-tui[train]'): "
        "it learns from the built-in small talk instead"
    )
