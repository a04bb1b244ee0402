import math

import numpy as np
import pytest
import torch

from chatbot_tui.core.errors import InputError
from chatbot_tui.model.checkpoint import Checkpoint
from chatbot_tui.model.config import ModelConfig
from chatbot_tui.model.lstm import LanguageModel
from chatbot_tui.model.tokenizer import Tokenizer
from chatbot_tui.training import scoring
from chatbot_tui.training.corpus import Dialogue
from chatbot_tui.training.counts import count_stream
from chatbot_tui.training.evaluation import evaluate
from chatbot_tui.training.stream import encode_corpus

DIALOGUES: list[Dialogue] = [["a b", "b"], ["b a a"]]
MANY: list[Dialogue] = [[f"{a}{b}" for b in "abcdef"] for a in "ghijkl"]


def byte_tokenizer() -> Tokenizer:
    # 256 bytes and the end token: no pair is frequent enough to merge beyond that size.
    return Tokenizer.train_bpe(["a"], 257)


def checkpoint(tokenizer: Tokenizer, init: str = "default", counts: torch.Tensor | None = None) -> Checkpoint:
    torch.manual_seed(0)
    model = LanguageModel(ModelConfig(tokenizer.size, 6, 8, 2, init=init)).double().eval().requires_grad_(False)
    return Checkpoint(model, tokenizer, counts=counts)


def nats_one_dialogue_at_a_time(net: Checkpoint, dialogues: list[Dialogue]) -> float:
    total, end = 0.0, net.tokenizer.end_id
    assert end is not None
    for dialogue in dialogues:
        stream = [end]
        for turn in dialogue:
            stream += [*net.tokenizer.encode(turn), end]
        tokens = torch.tensor(stream)[:, None]
        log_p = net.model(tokens[:-1])[0][:, 0].log_softmax(dim=1)
        total -= float(log_p[torch.arange(len(stream) - 1), tokens[1:, 0]].sum())
    return total


def test_a_flat_net_has_the_size_of_its_vocabulary_as_perplexity() -> None:
    measured = evaluate(checkpoint(byte_tokenizer(), "zeros"), DIALOGUES)
    assert measured["token_perplexity"] == pytest.approx(257, rel=1e-9)
    # Bytes with a space before each word: 4 + 1, 2 + 1 and 6 + 1 with their ends, 15 tokens; 6 words and 3 turns are 9 units.
    assert measured["word_perplexity"] == pytest.approx(257 ** (15 / 9), rel=1e-9)
    assert (measured["dialogues"], measured["turns"], measured["words"]) == (2, 3, 6)
    assert measured["comparable"] is True


def test_batches_give_what_one_dialogue_at_a_time_gives(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scoring, "BATCH_ROWS", 8)
    dialogues = [[("abcde " * (7 * number % 11)).strip() or "x", "yes no"] * (1 + number % 3) for number in range(20)]
    net = checkpoint(byte_tokenizer())
    measured = evaluate(net, dialogues)
    nats = nats_one_dialogue_at_a_time(net, dialogues)
    assert math.log(measured["word_perplexity"]) * (measured["words"] + measured["turns"]) == pytest.approx(nats, rel=1e-10)


def test_losses_of_counts() -> None:
    tokenizer = Tokenizer.train_words(["a b a"], 4)
    end, a, b = 0, 2, 3
    assert [tokenizer.token(word) for word in ("<eot>", "<unk>", "a", "b")] == [end, 1, a, b]
    # Trained on: end a b end, so end 2, a 1, b 1; with one added 3, 1, 2, 2 of 8.
    unigrams, bigrams = count_stream([encode_corpus([["a b"]], tokenizer).tokens], tokenizer.size)
    measured = evaluate(checkpoint(tokenizer, "zeros", torch.from_numpy(unigrams)), [["a a"]], bigrams)
    # Scored: a after end, a after a, end after a.
    assert measured["unigram_loss"] == pytest.approx(-(2 * math.log(2 / 8) + math.log(3 / 8)) / 3, abs=1e-12)
    # Pairs (end, a), (a, b), (b, end) once each: P(a | end) = 2 / 5, P(a | a) = P(end | a) = 1 / 5.
    assert measured["bigram_loss"] == pytest.approx(-(math.log(2 / 5) + 2 * math.log(1 / 5)) / 3, abs=1e-12)
    assert measured["context_gain"] == pytest.approx(measured["unigram_loss"] - math.log(4), abs=1e-9)


def test_without_counts_nothing_is_said_of_them() -> None:
    measured = evaluate(checkpoint(byte_tokenizer()), DIALOGUES)
    assert (measured["unigram_loss"], measured["bigram_loss"], measured["context_gain"]) == (None, None, None)


@pytest.mark.parametrize(("text", "comparable"), [("a b", True), ("a, b", False), ("A b", False), ("a z", False)])
def test_a_tokenizer_that_loses_text_is_not_comparable(text: str, comparable: bool) -> None:
    assert evaluate(checkpoint(Tokenizer.train_words(["a b a"], 4)), [[text]])["comparable"] is comparable


def test_a_net_without_an_end_token_starts_with_the_second_token() -> None:
    with_end = Tokenizer.train_words(["a b a"], 4)
    tokenizer = Tokenizer(with_end._backend, end_token=None, unknown_token="<unk>")
    measured = evaluate(checkpoint(tokenizer, "zeros"), [["a b", "a"]])
    # Of three tokens two are predicted; 3 words and 2 turns are 5 units.
    assert measured["word_perplexity"] == pytest.approx(4 ** (2 / 5), rel=1e-9)
    assert (measured["comparable"], measured["hits_at_1"]) == (False, None)


def test_text_in_which_nothing_is_predicted_is_refused() -> None:
    tokenizer = Tokenizer(Tokenizer.train_words(["a"], 3)._backend, end_token=None)
    with pytest.raises(InputError, match="nothing to predict"):
        evaluate(checkpoint(tokenizer), [["a"]])


def test_perplexity_beyond_any_number_is_unknown() -> None:
    net = checkpoint(byte_tokenizer(), "zeros")
    # ln p of everything but token 5 is about -10,000, and exp(10,000) overflows.
    net.model.fc.bias[5] = 1e4
    assert evaluate(net, DIALOGUES)["token_perplexity"] is None


def test_few_turns_give_no_hits() -> None:
    assert evaluate(checkpoint(byte_tokenizer()), DIALOGUES)["hits_at_1"] is None


def test_an_input_blind_net_hits_one_in_twenty() -> None:
    # Every candidate gains exactly nothing: a tie of 20, of which the true turn has its share.
    measured = evaluate(checkpoint(byte_tokenizer(), "zeros"), MANY)
    assert measured["hits_at_1"] == pytest.approx(0.05, abs=1e-12)
    # 30 of the 36 turns have a predecessor.
    assert measured["hits_standard_error"] == pytest.approx(math.sqrt(0.05 * 0.95 / 30), abs=1e-12)


def test_the_same_again_but_for_the_time() -> None:
    text = MANY[:5]
    first, second = (evaluate(checkpoint(byte_tokenizer()), text) for _ in range(2))
    assert first["hits_at_1"] is not None
    assert first.keys() == second.keys()
    assert {key for key in first if first[key] != second[key]} <= {"seconds"}


def test_progress_ends_at_its_total() -> None:
    seen: list[tuple[int, int]] = []
    evaluate(checkpoint(byte_tokenizer()), MANY, progress=lambda done, total: seen.append((done, total)))
    assert seen[-1][0] == seen[-1][1]
    assert np.all(np.diff([done for done, _ in seen]) > 0)
