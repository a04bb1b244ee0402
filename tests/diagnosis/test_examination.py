import math

import numpy as np
import pytest
import torch
from torch.nn import functional

from chatbot_tui.core.diagnosis import Examining
from chatbot_tui.diagnosis.examination import Examination, examine
from chatbot_tui.diagnosis.measures.interventions import refit_gain, train_on_gain
from chatbot_tui.diagnosis.measures.predictions import predict
from chatbot_tui.diagnosis.measures.speech import Speech, certainty, speak
from chatbot_tui.diagnosis.measures.text import read, table_of
from chatbot_tui.diagnosis.subject import Subject
from chatbot_tui.signals.divergence import entropy
from tests.diagnosis.nets import TOKENIZER, copying, lively, net, subject, text_of


def examined(asked: Subject) -> Examination:
    stages: list[str] = []
    shares: list[float] = []
    steps = examine(asked)
    while True:
        try:
            event = next(steps)
        except StopIteration as end:
            assert shares == sorted(shares)
            assert all(stages)
            result: Examination = end.value
            return result
        assert isinstance(event, Examining)
        stages.append(event.stage)
        shares.append(event.share)


def test_prompts_are_drawn_from_the_vocabulary_or_from_the_text() -> None:
    drawn = subject(net()).prompts
    assert drawn.shape == (8, 32)
    assert not {TOKENIZER.end_id, TOKENIZER.unknown_id} & set(drawn.flatten().tolist())
    asked = subject(net(), text=True)
    assert asked.text is not None
    words = "".join(f" {token}" for token in asked.text.stream.tolist() if token != TOKENIZER.end_id) + " "
    for prompt in asked.prompts.T.tolist():
        assert "".join(f" {token}" for token in prompt) + " " in words


def test_the_text_is_read_as_the_net_would_read_it() -> None:
    text = text_of(net())
    # Each of 30 dialogues: an end token, ten words and an end token, three words and an end token.
    assert (len(text.stream), len(text.turns), text.words) == (30 * 16, 60, 30 * 13)
    assert text.starts.tolist() == list(range(0, 480, 16))
    assert set(text.stream[text.starts].tolist()) == {TOKENIZER.end_id}


def test_losses_on_text_are_those_of_one_long_pass() -> None:
    checkpoint = net(lively)
    table = table_of(text_of(checkpoint))
    reading = read(checkpoint.model, table)
    tokens = torch.from_numpy(table)
    logits, _ = checkpoint.model(tokens[:-1])
    assert reading.loss == pytest.approx(float(functional.cross_entropy(logits.flatten(0, 1), tokens[1:].flatten())), abs=1e-5)
    p = logits.double().softmax(dim=-1)
    assert reading.entropy.mean() == pytest.approx(float(-(p * p.log()).sum(dim=-1).mean()), abs=1e-5)


def test_a_blind_reading_does_not_see_the_words() -> None:
    checkpoint = net(lively)
    table = table_of(text_of(checkpoint))
    other = table.copy()
    other[:-1] = np.roll(other[:-1], 3, axis=1)
    blind, still_blind = (read(checkpoint.model, rows, blind=True) for rows in (table, other))
    assert blind.entropy == pytest.approx(still_blind.entropy)
    assert read(checkpoint.model, table).loss != pytest.approx(blind.loss)


def test_replies_go_on_from_the_prompts_and_leave_special_tokens_out() -> None:
    asked = subject(net(lively))
    speech = speak(asked)
    assert {len(reply) for reply in (*speech.greedy, *speech.sampled)} == {48}
    assert not {TOKENIZER.end_id, TOKENIZER.unknown_id} & {token for reply in (*speech.greedy, *speech.sampled) for token in reply}
    logits = predict(asked.checkpoint.model, asked.prompts).logits
    logits[:, list(asked.specials.ids)] = -math.inf
    assert [reply[0] for reply in speech.greedy] == logits.argmax(axis=1).tolist()
    assert speak(asked) == speech


def test_a_net_that_copies_is_seen_to() -> None:
    assert examined(subject(net(copying, hidden_dim=96))).signals["copy_share"].value == 1
    assert (examined(subject(net(lively))).signals["copy_share"].value or 0) < 0.2


def test_equal_embeddings_leave_no_variance() -> None:
    signals = examined(subject(net(lambda model: model.embedding.weight.copy_(model.embedding.weight[:1].expand(62, -1))))).signals
    assert signals["embedding_cosine"].value == pytest.approx(1)
    # Float noise in sums of 32 equal terms.
    assert (signals["prompt_sensitivity"].value or 0) < 1e-9
    assert (signals["state_variance"].value or 0) < 1e-9
    assert signals["directions_used"].value is None


def test_every_layer_is_measured() -> None:
    found = examined(subject(net(lively, num_layers=3)))
    assert [layer.layer for layer in found.layers] == [0, 1, 2]
    assert len(found.signals["positive_fraction"].places) == 3
    assert found.signals["plain_layers"].value == 3
    assert examined(subject(net(lively, num_layers=3, residual=True))).signals["plain_layers"].value == 1
    assert found.map is not None
    assert len(found.map.points) == 32


def test_without_text_nothing_is_said_about_text() -> None:
    known = {"context_gain", "overconfidence", "pair_gain", "train_on_gain", "refit_gain", "blind_cost"}
    assert not known & set(examined(subject(net())).signals)
    assert known <= set(examined(subject(net(), text=True)).signals)


def test_word_frequencies_are_the_texts_where_the_net_brings_none() -> None:
    found = examined(subject(net(), text=True)).signals
    assert found["kl_unigram"].estimated
    assert examined(subject(net())).signals["kl_unigram"].value is None


def test_nan_and_overflow_end_the_examination() -> None:
    def poison(model: torch.nn.Module) -> None:
        model.get_parameter("lstm.weight_hh_l0")[3, :2] = torch.nan
        model.get_parameter("fc.bias")[0] = torch.inf

    found = examined(subject(net(poison)))
    assert found.signals["non_finite_values"].places == {"lstm.weight_hh_l0": 2, "fc.bias": 1}
    assert len(found.signals) == 1
    overflowing = examined(subject(net(lambda model: model.fc.weight.fill_(3e38))))
    assert overflowing.signals["non_finite_values"].where == "logits"


def test_a_refitted_layer_finds_what_the_states_hold() -> None:
    asked = subject(net(lively), text=True)
    assert asked.text is not None
    # Ten words in a row, each after the one before it: the state knows the last word, and with it nearly always the next.
    assert refit_gain(read(asked.checkpoint.model, table_of(asked.text))) > 0.15
    dead = net(lambda model: model.lstm.get_parameter("weight_ih_l0").zero_())
    assert refit_gain(read(dead.model, table_of(asked.text))) < 0.05


def test_training_on_helps_a_net_that_has_not_learnt_and_leaves_it_as_it_was() -> None:
    asked = subject(net(), text=True)
    assert asked.text is not None
    before = {name: tensor.clone() for name, tensor in asked.checkpoint.model.state_dict().items()}
    assert train_on_gain(asked, asked.text) > 0.2
    assert all(torch.equal(tensor, before[name]) for name, tensor in asked.checkpoint.model.state_dict().items())
    assert not any(parameter.requires_grad for parameter in asked.checkpoint.model.parameters())


def test_what_was_said_takes_away_all_doubt_or_none() -> None:
    # Two words, each said half of the time: ln 2 nats a word. The first eight of each reply do not count.
    replies = ((9,) * 8 + (0, 1) * 4, (9,) * 8 + (1, 0) * 4)
    doubts = (5.0,) * 8

    def share(doubt: float) -> float:
        return certainty(Speech(greedy=replies, sampled=replies, openings=(), doubt=doubts + (doubt,) * 8))

    assert share(0.0) == 1.0
    assert share(np.log(2)) == pytest.approx(0.0, abs=1e-12)
    assert share(np.log(2) / 4) == pytest.approx(0.75, abs=1e-12)
    assert certainty(Speech(greedy=(), sampled=((3,) * 12,), openings=(), doubt=(0.0,) * 12)) == 1.0, "one word, and no doubt about it"


def test_doubt_is_the_entropy_of_what_is_drawn_from() -> None:
    asked = subject(net(lively))
    speech, model = speak(asked), asked.checkpoint.model
    assert len(speech.doubt) == len(speech.sampled[0])
    with torch.inference_mode():
        hidden, _ = model.hidden(asked.prompts)
        p = model.fc(hidden[-1]).double().index_fill(1, torch.tensor(asked.specials.ids), -torch.inf).softmax(1).numpy()
    assert speech.doubt[0] == pytest.approx(float(np.mean([entropy(row) for row in p])), abs=1e-6)
