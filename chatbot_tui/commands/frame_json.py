"""How a token, a reply and a training report look as JSON: the keys that other programs rely on."""

from typing import Any

from chatbot_tui.commands.output import number
from chatbot_tui.core.frames import Candidate, LayerState, ReplyCandidate, ReplyFinished, StepFrame, TrainFrame, Weighing


def frame_to_json(frame: StepFrame) -> dict[str, Any]:
    """Return one token's record: model, sampling, draw, state and verdict, with every figure in full precision."""
    return {
        "step": frame.step,
        "token": frame.token,
        "text": frame.text,
        "p_model": number(frame.p_model),
        "p_sampled": number(frame.p_sampled),
        "rank": frame.rank,
        "entropy": number(frame.entropy),
        "u": number(frame.u),
        "top": [candidate_to_json(candidate) for candidate in frame.top],
        "tail_p_model": number(frame.tail_p_model),
        "tail_p_sampled": number(frame.tail_p_sampled),
        "state": [layer_to_json(layer) for layer in frame.state],
        "collapse": {
            "verdict": frame.collapse.verdict,
            "onset_step": frame.collapse.onset_step,
            "repeats": frame.collapse.repeats,
            "period": frame.collapse.period,
            "kl_unigram": number(frame.collapse.kl_unigram),
            "prompt_sensitivity": number(frame.collapse.prompt_sensitivity),
            "blame": frame.collapse.blame,
        },
    }


def candidate_to_json(candidate: Candidate) -> dict[str, Any]:
    """Return one candidate's record."""
    return {
        "token": candidate.token,
        "text": candidate.text,
        "logit": number(candidate.logit),
        "p_model": number(candidate.p_model),
        "p_sampled": number(candidate.p_sampled),
        "cut_by": candidate.cut_by,
    }


def layer_to_json(layer: LayerState) -> dict[str, Any]:
    """Return one layer's record."""
    return {
        "layer": layer.layer,
        "h_norm": number(layer.h_norm),
        "c_norm": number(layer.c_norm),
        "h_change": number(layer.h_change),
        "gates": {"i": number(layer.gates.i), "f": number(layer.gates.f), "g": number(layer.gates.g), "o": number(layer.gates.o)},
        "saturated": number(layer.saturated),
    }


def finished_to_json(finished: ReplyFinished, weighing: Weighing | None = None) -> dict[str, Any]:
    """Return the record that ends a reply; where it was chosen among candidates, they and the place of the one that was said come last."""
    record: dict[str, Any] = {
        "reply": finished.reply,
        "finish_reason": finished.finish_reason,
        "verdict": finished.verdict,
        "onset_step": finished.onset_step,
        "tokens": finished.tokens,
        "tokens_per_second": number(finished.tokens_per_second),
    }
    if weighing is not None:
        record |= {"candidates": [reply_to_json(candidate) for candidate in weighing.candidates], "chosen": weighing.chosen}
    return record


def reply_to_json(candidate: ReplyCandidate) -> dict[str, Any]:
    """Return the record of one reply that was drawn, with its figures in nats."""
    return {
        "text": candidate.text,
        "tokens": candidate.tokens,
        "finished": candidate.finished,
        "log_p": number(candidate.log_p),
        "log_p_alone": number(candidate.log_p_alone),
        "score": number(candidate.score),
    }


def train_frame_to_json(frame: TrainFrame) -> dict[str, Any]:
    """Return the record of one training report."""
    return {
        "step": frame.step,
        "loss": number(frame.loss),
        "valid_loss": number(frame.valid_loss),
        "learning_rate": number(frame.learning_rate),
        "gradient_norm": number(frame.gradient_norm),
        "phase": frame.phase,
        "kl_unigram": number(frame.kl_unigram),
        "prompt_sensitivity": number(frame.prompt_sensitivity),
        "sample": frame.sample,
        "probe_top": [candidate_to_json(candidate) for candidate in frame.probe_top],
        "state": [layer_to_json(layer) for layer in frame.state],
        "tokens_per_second": number(frame.tokens_per_second),
    }
