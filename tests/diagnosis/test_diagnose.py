from collections.abc import Callable, Sequence
from dataclasses import replace

import pytest
import torch

from chatbot_tui.core.diagnosis import CauseFound, Diagnosed, Diagnosis, ExamineRequest, Examining
from chatbot_tui.core.diagnosis_report import to_json
from chatbot_tui.core.errors import InputError
from chatbot_tui.core.strict_json import dump
from chatbot_tui.diagnosis.causes import RULES
from chatbot_tui.diagnosis.diagnose import diagnose
from chatbot_tui.diagnosis.doctor import LocalDoctor
from chatbot_tui.diagnosis.prescriptions import FIXES, prescribe
from chatbot_tui.diagnosis.subject import Subject
from chatbot_tui.model.lstm import LanguageModel
from chatbot_tui.training.recipes import load_recipe
from tests.diagnosis.nets import copying, lively, net, subject


def diagnosed(asked: Subject) -> Diagnosis:
    *stages, last = diagnose(asked)
    assert all(isinstance(event, Examining) for event in stages)
    assert isinstance(last, Diagnosed)
    return last.diagnosis


def first(diagnosis: Diagnosis) -> str:
    return diagnosis.causes[0].cause


def tiny(model: LanguageModel) -> None:
    for name, parameter in model.named_parameters():
        if name != "embedding.weight":
            torch.nn.init.uniform_(parameter, 0, 0.001)


def zeros(model: LanguageModel) -> None:
    for parameter in model.parameters():
        parameter.zero_()


def denormal(model: LanguageModel) -> None:
    for parameter in model.parameters():
        parameter.mul_(1e-39)


def alike(model: LanguageModel) -> None:
    model.embedding.weight.copy_(model.embedding.weight[:1].expand(62, -1))


def decayed(model: LanguageModel) -> None:
    for parameter in model.parameters():
        if parameter.dim() > 1:
            parameter.mul_(1e-4)


def test_a_lively_net_is_healthy_and_at_most_the_decoder_loops() -> None:
    diagnosis = diagnosed(subject(net(lively)))
    assert diagnosis.verdict == "healthy"
    assert {cause.cause for cause in diagnosis.causes} <= {"greedy-decoding"}
    assert diagnosis.prescription == ()


@pytest.mark.parametrize("text", [False, True])
@pytest.mark.parametrize(
    ("change", "shape", "verdict", "cause"),
    [
        (tiny, {}, "collapsed", "near-zero-init"),
        (alike, {}, "collapsed", "indistinguishable-tokens"),
        (decayed, {}, "collapsed", "over-decayed"),
        (None, {"num_layers": 6}, "collapsed", "deep-stack"),
        (copying, {"hidden_dim": 96}, "looping", "copies-input"),
    ],
)
def test_what_was_done_by_hand_is_found(
    change: Callable[[LanguageModel], None] | None, shape: dict[str, object], verdict: str, cause: str, text: bool
) -> None:
    diagnosis = diagnosed(subject(net(change, **shape), text=text))
    assert (diagnosis.verdict, first(diagnosis)) == (verdict, cause)
    assert diagnosis.prescription
    assert ("--corpus" in " ".join(diagnosis.remarks)) is not text


@pytest.mark.parametrize("change", [zeros, denormal])
def test_nets_of_nothing_get_a_verdict(change: Callable[[LanguageModel], None]) -> None:
    diagnosis = diagnosed(subject(net(change)))
    assert diagnosis.verdict == "collapsed"
    assert diagnosis.causes
    assert dump(to_json(diagnosis))


def test_nan_is_broken_and_no_cause_is_made_up() -> None:
    diagnosis = diagnosed(subject(net(lambda model: model.fc.bias.fill_(torch.nan))))
    assert (diagnosis.verdict, first(diagnosis), diagnosis.answers) == ("broken", "unknown", ())
    assert diagnosis.causes[0].evidence[0].value == 62
    assert "fc.bias" in diagnosis.sentence


@pytest.mark.parametrize("text", [False, True])
def test_the_same_net_gets_the_same_report(text: bool) -> None:
    one, other = (replace(diagnosed(subject(net(lively), text=text)), seconds=0.0) for _ in range(2))
    assert one == other


def test_gates_thrown_shut_are_a_finding_even_where_the_net_speaks_well() -> None:
    def shut(model: LanguageModel) -> None:
        lively(model)
        # Input gates at e^-3 / (1 + e^-3), .05, and an output layer that makes up for it.
        model.lstm.get_parameter("weight_ih_l0")[:24] = 0
        model.lstm.get_parameter("weight_hh_l0")[:24] = 0
        model.lstm.get_parameter("bias_ih_l0")[:24] = -3
        model.lstm.get_parameter("bias_hh_l0")[:24] = 0
        model.fc.weight.mul_(20)

    diagnosis = diagnosed(subject(net(shut)))
    assert (diagnosis.verdict, first(diagnosis)) == ("healthy", "learning-rate-too-high")
    assert diagnosis.causes[0].confidence < 0.7
    assert [entry.recipe for entry in diagnosis.prescription] == ["learning-rate-too-high"]


def test_every_prompt_has_its_answer() -> None:
    asked = subject(net(lively))
    diagnosis = diagnosed(asked)
    assert len(diagnosis.answers) == 32
    answer = diagnosis.answers[5]
    assert answer.prompt == asked.checkpoint.tokenizer.decode(asked.prompts[:, 5].tolist())
    shares = [share.p for share in answer.top]
    assert shares == sorted(shares, reverse=True)
    assert 0 < sum(shares) <= 1
    assert len(answer.greedy.split()) == len(answer.sampled.split()) == 48


def test_every_cause_but_data_without_order_has_something_to_run() -> None:
    causes: Sequence[str] = [rule.cause for rule in RULES]
    assert set(causes) - set(FIXES) == {"context-free-data"}


def test_every_prescription_can_be_run() -> None:
    for cause in {rule.cause for rule in RULES} & set(FIXES):
        found = prescribe([CauseFound(cause, 1.0)])
        assert len(found) == len(FIXES[cause])
        for entry in found:
            recipe = load_recipe(entry.recipe, entry.set)
            assert {key: getattr(recipe, key) for key in entry.set} == dict(entry.set)


def test_the_doctor_lets_go_when_told_to() -> None:
    doctor = LocalDoctor()
    events = doctor.examine(ExamineRequest("near-zero-init"))
    assert isinstance(next(events), Examining)
    doctor.cancel()
    assert list(events) == []
    assert isinstance(list(doctor.examine(ExamineRequest("near-zero-init")))[-1], Diagnosed)
    doctor.close()


def test_what_cannot_be_read_is_told() -> None:
    with pytest.raises(InputError, match="no checkpoint"):
        list(LocalDoctor().examine(ExamineRequest("nowhere")))
