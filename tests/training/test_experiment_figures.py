import json
import math
from pathlib import Path

import pytest
import torch

from chatbot_tui.model.checkpoint import Checkpoint
from chatbot_tui.signals.sensitivity import probe_prompts
from chatbot_tui.training.corpus import Corpus
from chatbot_tui.training.experiment_figures import measure
from chatbot_tui.training.recipes import Recipe
from chatbot_tui.training.replies import answers, greedy_replies, text_prompts
from chatbot_tui.training.run import TrainingRun
from tests.training.tiny import DIALOGUES, recipe

BANNED = ("<eot>", "<unk>")


def begin(settings: Recipe, folder: Path, *corpora: Corpus) -> TrainingRun:
    text = corpora or (Corpus("talk", DIALOGUES), Corpus("talk.valid", DIALOGUES[:2]))
    return TrainingRun(settings, text, folder, device=torch.device("cpu"), resume=False)


def biased(run: TrainingRun, **biases: float) -> Checkpoint:
    """Return the net with all weights 0: it says what its output biases say, to everybody."""
    checkpoint = run.checkpoint()
    with torch.no_grad():
        for parameter in checkpoint.model.parameters():
            parameter.zero_()
        for word, bias in biases.items():
            checkpoint.model.fc.bias[checkpoint.tokenizer.token(word) or 0] = bias
    return checkpoint


def test_a_net_blind_to_its_input_by_hand(tmp_path: Path) -> None:
    with begin(recipe(banned_tokens=BANNED, steps=1), tmp_path / "out") as run:
        biased(run, like=3.0)
        found = measure(run)
    assert (found["top_word"], found["top_share"], found["distinct_replies"]) == ("like", 1.0, 1)
    assert found["prompt_sensitivity"] == pytest.approx(0, abs=1e-9)
    # 21 words, <eot> and <unk>: one of e^3, 22 of e^0.
    normaliser = math.log(math.exp(3) + 22)
    # The held-out text, "hello there cats" / "yes i like cats a lot" and the same of dogs: 11 tokens each, one of them "like".
    nats = (2 * 11 * normaliser - 2 * 3.0) / 22
    # Word frequencies of the one epoch that the run sees, one added to each count: 20 dialogues with 3 ends of turn each, and
    # 10 * 9 + 10 * 8 words in all.
    counts = {"<eot>": 60, "hello": 10, "there": 10, "yes": 10, "i": 20, "like": 20, "a": 10, "lot": 10, "cats": 3, "dogs": 3}
    # "cats": twice in the first dialogue and once in "do you like cats".
    total = 60 + 170 + 23
    words = ["hello", "there", "<eot>", "yes", "i", "like", "a", "lot", "<eot>"]
    by_frequency = -sum(math.log((counts[word] + 1) / total) for word in words) * 2
    by_frequency -= 2 * math.log(4 / total) + 2 * math.log(4 / total)
    assert found["context_gain"] == pytest.approx(by_frequency / 22 - nats, abs=1e-5)


def test_without_text_kept_aside_the_training_text_is_measured(tmp_path: Path) -> None:
    dialogues = [["a b"], ["a c"]]
    with begin(recipe(banned_tokens=BANNED, batch_size=1, steps=1), tmp_path / "out", Corpus("talk", dialogues)) as run:
        assert run.text.held_out == []
        biased(run)
        found = measure(run)
    # Five tokens (a, b, c and two special ones), all alike to the net. Of the 8 tokens of the stream 4 are ends of turn and 2 are "a";
    # one added to each of 5 counts makes 13. Each dialogue predicts a word, another word and an end.
    by_frequency = -(2 * math.log(3 / 13) + 2 * math.log(2 / 13) + 2 * math.log(5 / 13)) / 6
    assert found["context_gain"] == pytest.approx(by_frequency - math.log(5), abs=1e-5)


def test_replies_begin_with_a_word_end_with_the_turn_and_keep_to_the_bans(tmp_path: Path) -> None:
    with begin(recipe(banned_tokens=("<unk>",)), tmp_path / "out") as run:
        checkpoint = biased(run, **{"<unk>": 5.0, "<eot>": 4.0, "tea": 3.0})
        tea, prompts = checkpoint.tokenizer.token("tea"), torch.full((2, 3), 5)
        assert greedy_replies(checkpoint, prompts, 4) == [(tea,)] * 3
    with begin(recipe(banned_tokens=BANNED), tmp_path / "other") as run:
        checkpoint = biased(run, **{"<unk>": 5.0, "<eot>": 4.0, "tea": 3.0})
        assert greedy_replies(checkpoint, prompts, 4) == [(tea,) * 4] * 3


def test_a_card_shows_what_the_net_says_and_how_much_of_it_is_one_word(tmp_path: Path) -> None:
    with begin(recipe(banned_tokens=BANNED, steps=1, probe="do you like tea"), tmp_path / "out") as run:
        assert answers(biased(run, like=3.0), ["tea", "..."]) == {"tea": "like " * 15 + "like"}
        run.write(tmp_path / "saved")
    greedy = json.loads((tmp_path / "saved" / "card.json").read_text())["greedy"]
    # Of the training stream "i" and "like" stand 20 times each, and the lower id is the one that came first.
    assert {key: value for key, value in greedy.items() if key != "answers"} == {
        "top_word": "like",
        "top_share": 1.0,
        "top_is_most_frequent": False,
        "distinct_replies": 1,
    }
    assert greedy["answers"]["do you like tea"] == "like " * 15 + "like"


def test_a_reply_goes_on_from_the_words_before(tmp_path: Path) -> None:
    with begin(recipe(banned_tokens=BANNED, num_layers=1, steps=1), tmp_path / "out") as run:
        checkpoint = run.checkpoint()
        model, tokenizer = checkpoint.model, checkpoint.tokenizer
        prompts = probe_prompts(tokenizer.size, checkpoint.banned)
        replies = greedy_replies(checkpoint, prompts, 6)
        for column in (0, 17):
            end = tokenizer.end_id or 0
            tokens = [end, *prompts[:, column].tolist(), end, *replies[column]]
            with torch.no_grad():
                logits = model(torch.tensor(tokens)[:, None])[0][:, 0]
            logits[:, list(checkpoint.banned)] = -torch.inf
            assert logits.argmax(dim=1)[9:-1].tolist() == list(replies[column])


def test_prompts_are_the_ends_of_different_turns_all_over_the_text() -> None:
    instead = torch.zeros(8, 32, dtype=torch.int64)
    # Turn n is n, n + 1, ..., n + 9; each comes twice, between turns that are too short.
    turns = [turn for number in range(64) for turn in (tuple(range(number, number + 10)), (1, 2, 3)) * 2]
    prompts = text_prompts(turns, instead)
    assert prompts.shape == (8, 32)
    assert prompts[:, 0].tolist() == [2, 3, 4, 5, 6, 7, 8, 9]
    # Of the 64 different ones every second.
    assert prompts[0].tolist() == list(range(2, 66, 2))
    assert text_prompts(turns[: 31 * 4], instead) is instead


@pytest.mark.parametrize(("word", "most_frequent"), [("i", True), ("like", False)])
def test_the_top_word_is_compared_with_the_words_that_may_be_said(tmp_path: Path, word: str, most_frequent: bool) -> None:
    # "i" comes twice in each of these, everything else at most once; ends of turn come as often, and are banned.
    text = Corpus("talk", [[f"i like {thing} i do"] for thing in ("tea", "milk", "rain")] * 4)
    with begin(recipe(banned_tokens=BANNED, steps=1), tmp_path / "out", text) as run:
        biased(run, **{word: 3.0})
        found = measure(run)
    assert (found["top_word"], found["top_is_most_frequent"]) == (word, most_frequent)
