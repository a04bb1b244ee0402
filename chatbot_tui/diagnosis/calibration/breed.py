"""Trains the specimens one after the other and keeps what the calibration needs of each in a folder of its own."""

import json
import math
import os
import shutil
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import torch
from safetensors.torch import save_file

from chatbot_tui.core.errors import InputError
from chatbot_tui.core.strict_json import dump
from chatbot_tui.diagnosis.calibration import behaviour
from chatbot_tui.diagnosis.calibration.specimens import Specimen
from chatbot_tui.diagnosis.calibration.texts import TokenDialogue, make_text
from chatbot_tui.diagnosis.calibration.training import train
from chatbot_tui.model.lstm import LanguageModel
from chatbot_tui.training.corpus import Corpus, Dialogue
from chatbot_tui.training.counts import count_stream, save_counts
from chatbot_tui.training.lock import take_lock

FACTS, WEIGHTS, CONFIG, VOCABULARY, SAMPLE = "facts.json", "model.safetensors", "config.json", "vocabulary.json", "text.json"
SAMPLE_TOKENS = 6_000
"""Tokens of the text that are kept with a specimen, of what it learnt from and of what it did not."""


def breed(folder: Path, specimens: Iterable[Specimen], corpora: Sequence[Corpus]) -> Iterator[Mapping[str, object]]:
    """Train every specimen that has no folder yet, and yield the facts of each; several processes may share the work.

    Raises:
        InputError: a specimen's text is not there, or the folder cannot be written.
    """
    torch.set_num_threads(1)
    texts = {corpus.name: corpus.dialogues for corpus in corpora}
    make_folder(folder)
    for specimen in specimens:
        with claimed(folder / f".{specimen.name}.lock") as is_ours:
            if is_ours and not (folder / specimen.name).exists():
                yield raise_specimen(folder, specimen, texts)


def make_folder(folder: Path) -> None:
    """Make a folder where there is none. Raises InputError."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(f"cannot make the folder {folder}: {error.strerror}; name one that can be written to") from None


@contextmanager
def claimed(path: Path) -> Iterator[bool]:
    """Hold a specimen's lock if nobody else does."""
    descriptor = take_lock(path)
    try:
        yield descriptor is not None
    finally:
        if descriptor is not None:
            path.unlink(missing_ok=True)
            os.close(descriptor)


def raise_specimen(folder: Path, specimen: Specimen, corpora: Mapping[str, Sequence[Dialogue]]) -> dict[str, object]:
    """Train, measure and keep one specimen, its folder whole or not at all; return its facts."""
    began = time.process_time()
    text = make_text(specimen.text, corpora)
    trained = train(specimen, text)
    middle = time.process_time()
    counts = count_stream([trained.stream], len(text.vocabulary))
    facts: dict[str, object] = {
        "name": specimen.name,
        "kind": specimen.kind,
        "part": specimen.part,
        "expected": specimen.expected,
        "specimen": specimen.to_json(),
        "vocab_size": len(text.vocabulary),
        "end": text.end,
        "pad": text.pad,
        "unknown": text.unknown,
        "training_tokens": len(trained.stream),
        "training_loss": trained.loss,
        "steps": trained.steps,
        "diverged": trained.diverged,
        "parameters": sum(parameter.numel() for parameter in trained.model.parameters()),
        "behaviour": behaviour.to_json(behaviour.observe(specimen, text, trained, counts)),
        "seconds": middle - began,
        "seconds_to_measure": time.process_time() - middle,
    }
    partial = folder / f".{specimen.name}.{os.getpid()}"
    try:
        partial.mkdir(exist_ok=True)
        save_file(plain_state(trained.model), partial / WEIGHTS)
        save_counts(partial, *counts)
        sample = {"train": some(text.train), "held_out": some(text.held_out), "end": text.end, "pad": text.pad, "unknown": text.unknown}
        for name, values in (
            (CONFIG, trained.model.config.to_json()),
            (VOCABULARY, text.vocabulary),
            (SAMPLE, sample),
        ):
            (partial / name).write_text(json.dumps(values, ensure_ascii=False), encoding="utf-8")
        (partial / FACTS).write_text(dump(finite(facts)) + "\n", encoding="utf-8")
        partial.replace(folder / specimen.name)
    except OSError as error:
        raise InputError(f"cannot write {partial}: {error.strerror}; make room and start again") from None
    finally:
        shutil.rmtree(partial, ignore_errors=True)
    return facts


def plain_state(model: LanguageModel) -> dict[str, torch.Tensor]:
    """Return the parameters as the plain class names them: a tied matrix stands there twice."""
    return {name: tensor.detach().clone().contiguous() for name, tensor in model.state_dict().items()}


def finite(value: object) -> object:
    """Return plain values with None in the place of NaN and infinity, which JSON lacks."""
    if isinstance(value, Mapping):
        return {key: finite(entry) for key, entry in value.items()}
    if isinstance(value, list | tuple):
        return [finite(entry) for entry in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def some(dialogues: Sequence[TokenDialogue]) -> list[TokenDialogue]:
    """Return the first dialogues that hold some thousand tokens, or all."""
    kept, tokens = [], 0
    for dialogue in dialogues:
        if tokens >= SAMPLE_TOKENS:
            break
        kept.append(dialogue)
        tokens += sum(map(len, dialogue))
    return kept


def summary(facts: Mapping[str, object]) -> str:
    """Return the figures of a specimen in short."""
    seen = facts["behaviour"]
    if not isinstance(seen, Mapping):
        return ""
    gain, learnt = seen["unigram_loss"] - seen["loss"], seen["training_unigram_loss"] - seen["loss_on_training_text"]
    greedy, sampled = seen["greedy_on"], seen["sampled"]
    return (
        f"V{facts['vocab_size']} {facts['seconds']:.1f}+{facts['seconds_to_measure']:.1f}s"
        f" gain {gain:.2f} of bigram {seen['unigram_loss'] - seen['bigram_loss']:.2f}, train {learnt:.2f},"
        f" sensitivity {seen['sensitivity']:.3f}/{seen['sensitivity_to_text']:.3f}, distinct {greedy['distinct']},"
        f" top {greedy['top_share']:.2f}, loops {greedy['loops']:.2f}/{sampled['loops']:.2f},"
        f" recites {seen['recited']['overlap']:.2f}, copies {seen['copies']:.2f}"
    )
