import pytest

from chatbot_tui.core.errors import InputError
from chatbot_tui.diagnosis.calibration.texts import TextPlan, make_text

PAD, UNKNOWN, END = "<pad>", "<unk>", "<eos>"
DIALOGUES = [["The cat sat.", "the cat ran, the end"], ["A dog sat!", "the dog ran"]] * 30
CORPORA = {"animals": DIALOGUES}


def plan(**changes: object) -> TextPlan:
    values: dict[str, object] = {"source": "animals", "seed": 0, "words": 120, "vocab_size": 50} | changes
    return TextPlan(**values)  # type: ignore[arg-type]  # the test names the fields


def words(**changes: object) -> set[str]:
    return set(make_text(plan(**changes), CORPORA).vocabulary)


def test_words_are_lower_cased_and_marks_dropped() -> None:
    assert words() == {"the", "cat", "sat", "ran", "end", "a", "dog"}


def test_marks_are_words_where_the_plan_says_so() -> None:
    assert {"The", "the", ".", ","} <= words(unit="marks")


def test_special_tokens_stand_first_and_are_known_by_their_ids() -> None:
    text = make_text(plan(pad_token=PAD, unknown_token=UNKNOWN, end_token=END), CORPORA)
    assert text.vocabulary[:4] == (PAD, UNKNOWN, END, "the")
    assert (text.pad, text.unknown, text.end) == (0, 1, 2)


def test_every_turn_of_a_stream_ends_with_the_end_token() -> None:
    text = make_text(plan(end_token=END), CORPORA)
    ends = sum(token == text.end for token in text.stream(text.train).tolist())
    assert ends == sum(len(dialogue) for dialogue in text.train)


def test_words_outside_the_vocabulary_are_unknown_or_left_out() -> None:
    with_unknown, without = (make_text(plan(vocab_size=4, unknown_token=token), CORPORA) for token in (UNKNOWN, None))
    assert with_unknown.unknown in with_unknown.stream(with_unknown.train)
    assert len(with_unknown.stream(with_unknown.train)) > len(without.stream(without.train))


def test_a_vocabulary_may_be_cut_by_how_much_of_the_text_it_covers() -> None:
    # Of the 13 words of the two dialogues four are "the": one word covers .3 of them, and two are the least a vocabulary has.
    assert len(words(coverage=0.25, unknown_token=UNKNOWN) - {UNKNOWN}) == 2


def test_the_order_of_a_vocabulary_is_the_plans() -> None:
    vocabulary = make_text(plan(order="alphabet"), CORPORA).vocabulary
    assert list(vocabulary) == sorted(vocabulary)


def test_copies_make_a_text_of_so_many_of_each_sentence() -> None:
    text = make_text(plan(copies=(14, 7), words=10_000), CORPORA)
    assert sum(len(dialogue) for dialogue in (*text.train, *text.held_out)) == 21
    assert len(set(text.train)) == 2
    assert len(text.held_out) == 3  # A seventh is kept aside.


def test_filler_takes_the_place_of_other_words() -> None:
    text = make_text(plan(filler_share=0.8), CORPORA)
    stream = text.stream(text.train)
    assert (stream == text.vocabulary.index("the")).mean() == pytest.approx(0.8, abs=0.05)


def test_byte_pairs_give_every_byte_a_token_and_the_end_token_one() -> None:
    text = make_text(plan(unit="bpe", vocab_size=300, end_token=END, words=400), CORPORA)
    assert text.end == 0
    assert len(text.vocabulary) > 256
    assert "Ġthe" in text.vocabulary


def test_what_is_kept_aside_is_not_learnt_from() -> None:
    text = make_text(TextPlan("language", 5, 600, 80, types=60), {})
    assert text.held_out
    assert not set(text.held_out) & set(text.train)


def test_a_corpus_that_is_not_given_is_named() -> None:
    with pytest.raises(InputError, match="corpus 'animals'"):
        make_text(plan(), {})
