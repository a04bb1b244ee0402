import random
import re
from collections import Counter
from collections.abc import Iterator

import pytest

from chatbot_tui.model.text import normalise
from chatbot_tui.model.tokenizer import Tokenizer
from chatbot_tui.training.lab_text.smalltalk import Conversation, held_out_dialogues, lab_dialogues, tidy
from chatbot_tui.training.lab_text.topics import load_talk
from chatbot_tui.training.run import is_held_out
from tests.training.lab_text.conftest import Dialogues
from tests.training.lab_text.text_statistics import words


def conversations(number: int) -> Iterator[Conversation]:
    for seed in range(number):
        yield Conversation(load_talk(), random.Random(seed))  # noqa: S311 (text, not secrets)


def test_a_seed_gives_the_same_text_again() -> None:
    assert lab_dialogues(7, 5_000) == lab_dialogues(7, 5_000)


def test_text_goes_on_where_less_of_it_stopped() -> None:
    short, long = lab_dialogues(3, 2_000), lab_dialogues(3, 6_000)
    assert long[: len(short)] == short
    assert len(long) > len(short)


@pytest.mark.parametrize("amount", [0, 1, 1_000, 20_000])
def test_there_are_as_many_words_as_asked_for(amount: int) -> None:
    sizes = [sum(len(turn.split()) for turn in dialogue) for dialogue in lab_dialogues(0, amount)]
    assert sum(sizes) >= amount
    # Without its last dialogue it would be too little.
    assert sum(sizes[:-1]) < max(amount, 1)


def test_other_seeds_share_no_dialogue() -> None:
    seen = [tuple(dialogue) for seed in range(4) for dialogue in lab_dialogues(seed, 50_000)]
    assert len(set(seen)) == len(seen)


def test_held_out_text_is_new_and_enough() -> None:
    train = {tuple(dialogue) for dialogue in lab_dialogues(2, 40_000)}
    held_out = held_out_dialogues(2, 40_000, 5_000)
    assert not train & {tuple(dialogue) for dialogue in held_out}
    # What the last dialogue of the text has over counts for what is held out: 12 turns of at most some 40 words.
    assert sum(len(turn.split()) for dialogue in held_out for turn in dialogue) > 4_500


def test_a_split_by_the_hash_of_a_dialogue_finds_none_on_both_sides(smalltalk: Dialogues) -> None:
    held_out = [tuple(dialogue) for dialogue in smalltalk if is_held_out(dialogue)]
    assert not set(held_out) & {tuple(dialogue) for dialogue in smalltalk if not is_held_out(dialogue)}
    # One in fifty of some 2,600 is 52, give or take five standard deviations of 7.
    assert 17 < len(held_out) < 87


def test_dialogues_have_four_to_twelve_turns_of_every_length_between(smalltalk: Dialogues) -> None:
    assert {len(dialogue) for dialogue in smalltalk} == set(range(4, 13))


def test_no_two_dialogues_are_alike(smalltalk: Dialogues) -> None:
    assert len({tuple(dialogue) for dialogue in smalltalk}) == len(smalltalk)


def test_every_turn_is_tidy_english_text(smalltalk: Dialogues) -> None:
    shape = re.compile(r"[A-Z][A-Za-z',]*(?:[ .?][A-Za-z',.?]*)*[.?]")
    for turn in {turn for dialogue in smalltalk for turn in dialogue}:
        assert turn == normalise(turn)
        assert shape.fullmatch(turn), turn
        assert not re.search(r"  |[.,?]{2}| [.,?]|\ba [aeiou]|[.?] [a-z]|\b(\w+) \1\b|[{}<>|()]", turn), turn


def test_every_word_passes_the_word_tokenizer_unchanged(smalltalk: Dialogues) -> None:
    turns = [turn for dialogue in smalltalk for turn in dialogue]
    tokenizer = Tokenizer.train_words(turns, 4_000)
    for turn, ids in zip(turns, tokenizer.encode_batch(turns), strict=True):
        assert tokenizer.unknown_id not in ids
        assert tokenizer.decode(ids).split() == words(turn)
        # White-space words and words of the stream are the same ones.
        assert len(ids) == len(turn.split())


def test_the_speakers_know_each_others_names(smalltalk: Dialogues) -> None:
    """A speaker says "I'm Anna" and is Anna to the other until the goodbye."""
    heard = 0
    for dialogue in smalltalk:
        named = re.match(r".*\b(?:I'm|my name is) ([A-Z][a-z]+)\.", dialogue[0])
        parting = re.match(r"(?:Bye|See you soon|Take care|All right), ([A-Z][a-z]+)", dialogue[-1])
        if named and parting:
            heard += 1
            # With an odd number of turns the first speaker has the last word, and says goodbye to the other.
            assert (parting[1] == named[1]) == (len(dialogue) % 2 == 0)
    assert heard > 20


def test_a_question_that_names_somebody_names_the_one_who_is_asked() -> None:
    for conversation in conversations(300):
        for place, turn in enumerate(conversation.turns()):
            if called := re.search(r", ([A-Z][a-z]+)\?$", turn):
                assert called[1] == conversation.names[1 - place % 2]


def test_nobody_speaks_of_the_two_who_are_there() -> None:
    for conversation in conversations(300):
        for place, turn in enumerate(conversation.turns()):
            if conversation.names[place % 2] in turn:
                assert re.search(r"I'm|my name is|call me", turn)


@pytest.mark.parametrize(
    ("told", "tidied"),
    [
        ("a apple and a pear. is it a egg? an old one", "An apple and a pear. Is it an egg? An old one"),
        ("the end", "The end"),
        ("I have a Owl", "I have an Owl"),
        ("take tea, a umbrella. 5 of them", "Take tea, an umbrella. 5 of them"),
    ],
)
def test_articles_and_capitals_are_put_right(told: str, tidied: str) -> None:
    assert tidy(told) == tidied


def test_every_scene_is_played(smalltalk: Dialogues) -> None:
    """Each topic has words that no other uses; all come up, none takes over."""
    marks = {
        "books": "Irene Vale",
        "family": "birthday",
        "feelings": "cut down",
        "films": "Night Train North",
        "food": "ginger",
        "garden": "ladder",
        "music": "Moon Tram",
        "pets": "rabbit",
        "sport": "the Comets",
        "town": "tower",
        "travel": "Lisbon",
        "weather": "snow",
        "weekend": "weekend",
        "work": "nurse",
    }
    spoken = Counter(topic for dialogue in smalltalk for topic, mark in marks.items() if any(mark in turn for turn in dialogue))
    assert set(spoken) == set(marks)
    assert min(spoken.values()) > len(smalltalk) / 200
    assert max(spoken.values()) < len(smalltalk) / 4
