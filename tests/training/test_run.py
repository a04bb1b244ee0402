import json
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file

from chatbot_tui.core.errors import InputError
from chatbot_tui.model.checkpoint import load_checkpoint
from chatbot_tui.training import run
from chatbot_tui.training.corpus import Corpus
from chatbot_tui.training.counts import load_bigrams
from chatbot_tui.training.recipe_entries import CorpusShare
from chatbot_tui.training.recipes import Recipe
from chatbot_tui.training.run import TrainingRun, finished_metrics, is_held_out, split
from tests.training.tiny import DIALOGUES, recipe

TEXT = [Corpus("talk", DIALOGUES * 3)]
CPU = torch.device("cpu")


def begin(settings: Recipe, folder: Path, *, resume: bool = False, text: Sequence[Corpus] = TEXT) -> TrainingRun:
    return TrainingRun(settings, text, folder, device=CPU, resume=resume)


def finish(made: TrainingRun) -> dict[str, Any]:
    for _ in made.frames():
        pass
    return made.finish()


def step_of(settings: Recipe, folder: Path) -> int:
    """Return where a run that is resumed stands."""
    with begin(settings, folder, resume=True) as made:
        return made.trainer.step


def message(settings: Recipe, folder: Path, *, resume: bool = False, text: Sequence[Corpus] = TEXT) -> str:
    with pytest.raises(InputError) as caught:
        begin(settings, folder, resume=resume, text=text)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_text_marked_valid_is_kept_aside() -> None:
    text = split([Corpus("a.train", [["x"]]), Corpus("a.valid", [["y"], ["z"]]), Corpus("b", [["w"]])])
    assert [corpus.name for corpus in text.train] == ["a.train", "b"]
    assert text.held_out == [["y"], ["z"]]


def test_without_a_mark_about_one_in_fifty_is_kept_aside_by_its_text_alone() -> None:
    dialogues = [[f"dialogue number {number}", "yes"] for number in range(5000)]
    text, shuffled = split([Corpus("a", dialogues)]), split([Corpus("b", dialogues[::-1])])
    # 5,000 / 50 = 100 with a standard deviation of 9.9: four of them.
    assert 60 < len(text.held_out) < 140
    assert sorted(text.held_out) == sorted(shuffled.held_out)
    assert sorted(text.held_out + text.train[0].dialogues) == sorted(dialogues)
    assert not any(is_held_out(dialogue) for dialogue in text.train[0].dialogues)


def test_a_corpus_that_would_lose_all_its_text_keeps_it() -> None:
    only = next([f"text {number}"] for number in range(1000) if is_held_out([f"text {number}"]))
    text = split([Corpus("a", [only])])
    assert (text.train[0].dialogues, text.held_out) == ([only], [])


def test_text_to_train_on_is_needed() -> None:
    with pytest.raises(InputError, match="give one to train on as well"):
        split([Corpus("a.valid", [["x"]])])


def test_a_run_becomes_a_checkpoint_and_nothing_else(tmp_path: Path) -> None:
    settings = recipe(
        steps=3,
        teaches="Nothing yet.",
        limits="It knows ten words.",
        sampling={"greedy": True},
        banned_tokens=("<eot>", "<unk>"),
        corpora=(CorpusShare("talk", licence="MIT"),),
        seed=4,
    )
    folder = tmp_path / "deep" / "out"
    text = [*TEXT, Corpus("talk.valid", DIALOGUES)]
    made = begin(settings, folder, text=text)
    metrics = finish(made)
    assert {entry.name for entry in folder.iterdir()} == {
        "model.safetensors",
        "config.json",
        "tokenizer.json",
        "card.json",
        "token_counts.safetensors",
    }
    loaded = load_checkpoint(folder)
    for name, tensor in made.trainer.model.state_dict().items():
        # As float16, which rounds by 2^-11 at most where numbers are normal.
        torch.testing.assert_close(loaded.model.state_dict()[name], tensor, rtol=2**-11, atol=2**-24)
    card = dict(loaded.card)
    described = {"teaches", "limits", "recipe", "seed", "steps", "corpus", "metrics", "greedy"}
    assert card.keys() == {*described, "sampling", "banned_tokens", "end_token", "made_with"}
    # 10 dialogues of 3 + 6 words and 10 of 4 + 4, three times over.
    assert card["corpus"] == [{"name": "talk", "licence": "MIT", "words": 3 * (10 * 9 + 10 * 8)}]
    assert (card["seed"], card["steps"], card["end_token"]) == (4, 3, "<eot>")
    assert (card["teaches"], card["limits"]) == ("Nothing yet.", "It knows ten words.")
    assert card["recipe"]["hidden_dim"] == 8
    assert card["metrics"] == metrics == finished_metrics(folder)
    assert metrics.keys() >= {"valid_loss", "word_perplexity", "bigram_loss"}
    # What the run counted is what the net was shown: an epoch of the text, in which 60 dialogues have 2 turns.
    bigrams, end = load_bigrams(folder, loaded.tokenizer.size), loaded.tokenizer.end_id
    assert bigrams is not None
    assert loaded.counts is not None
    assert loaded.counts[end] == 60 * 3
    assert int(loaded.counts.sum()) == int(bigrams.counts.sum()) + 1 == 3 * (10 * 9 + 10 * 8) + 60 * 3


def test_a_recipe_may_change_the_text_that_it_learns_from(tmp_path: Path) -> None:
    text = [*TEXT, Corpus("talk.valid", DIALOGUES)]
    with begin(recipe(limit_words=30), tmp_path / "limited", text=text) as limited:
        # Dialogues of 9 words: the fourth is the first beyond 30.
        assert (limited.text.train[0].words, limited.text.held_out) == (36, DIALOGUES)
    with begin(recipe(filler_share=1.0), tmp_path / "filled", text=text) as filled:
        # One word, <eot> and <unk>.
        assert filled.trainer.tokenizer.size == 3


@pytest.mark.parametrize(("weights", "kind"), [("float16", torch.float16), ("float32", torch.float32)])
def test_weights_are_saved_as_the_recipe_says(tmp_path: Path, weights: str, kind: torch.dtype) -> None:
    finish(begin(recipe(steps=1, weights=weights, tied=True), tmp_path / "out"))
    assert {tensor.dtype for tensor in load_file(tmp_path / "out" / "model.safetensors").values()} == {kind}


def test_a_folder_that_holds_anything_is_refused(tmp_path: Path) -> None:
    (tmp_path / "note").touch()
    assert "is not empty: choose another folder with --out, or go on with --resume" in message(recipe(), tmp_path)
    assert [entry.name for entry in tmp_path.iterdir()] == ["note"]


@pytest.mark.parametrize("inside", ["", "deeper"])
def test_a_folder_that_cannot_be_made_is_refused(tmp_path: Path, inside: str) -> None:
    (tmp_path / "file").touch()
    assert message(recipe(), tmp_path / "file" / "out" / inside).startswith("cannot write to ")


def interrupted(settings: Recipe, folder: Path) -> None:
    """Leave a run after its first report, as a closed program does."""
    with begin(settings, folder) as made:
        frames = made.frames()
        next(frames)
        frames.close()


def test_a_run_that_is_closed_goes_on_where_it_was(tmp_path: Path) -> None:
    settings = recipe(steps=10, report_every=3, save_every=1000, dropout=0.2)
    interrupted(settings, tmp_path / "a")
    resumed = begin(settings, tmp_path / "a", resume=True)
    assert resumed.trainer.step == 3
    assert finish(resumed) == finish(begin(settings, tmp_path / "b"))
    for name in ("model.safetensors", "tokenizer.json", "card.json", "config.json", "token_counts.safetensors"):
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes(), name


def test_other_settings_or_other_text_cannot_take_over_what_is_learnt(tmp_path: Path) -> None:
    settings = recipe(report_every=3)
    interrupted(settings, tmp_path)
    assert f"{tmp_path} was begun with dropout = 0.0, now it is 0.5" in message(recipe(report_every=3, dropout=0.5), tmp_path, resume=True)
    assert "other text" in message(settings, tmp_path, resume=True, text=[Corpus("talk", DIALOGUES)])
    assert "other text" in message(settings, tmp_path, resume=True, text=[Corpus("chat", DIALOGUES * 3)])
    # As many words under the same name; one of them is another.
    swapped = [[turn.replace("hello there cats", "hello there dogs") for turn in dialogue] for dialogue in DIALOGUES * 3]
    assert message(settings, tmp_path, resume=True, text=[Corpus("talk", swapped)]) == (
        f"{tmp_path} was begun with other text: give the same --corpus to resume, or another folder with --out"
    )
    held_out = Corpus("talk.valid", DIALOGUES[:2])
    assert "other text" in message(settings, tmp_path, resume=True, text=[*TEXT, held_out])
    assert step_of(settings, tmp_path) == 3


def test_where_nothing_is_learnt_yet_settings_may_be_mended(tmp_path: Path) -> None:
    assert "lower batch_size" in message(recipe(batch_size=1000), tmp_path)
    assert step_of(recipe(batch_size=2), tmp_path) == 0


@pytest.mark.parametrize("content", ["", "{", "[]", '{"recipe": 3}', "{}"])
def test_a_damaged_record_of_the_settings_is_refused(tmp_path: Path, content: str) -> None:
    settings = recipe(report_every=3)
    interrupted(settings, tmp_path)
    (tmp_path / "training" / "recipe.json").write_text(content)
    assert str(tmp_path) in message(settings, tmp_path, resume=True)


def test_a_start_that_was_killed_is_begun_anew(tmp_path: Path) -> None:
    # The record of the settings is written last; a tokenizer cut short stands before it.
    (tmp_path / "training").mkdir()
    (tmp_path / "training" / "tokenizer.json").write_text("{")
    assert step_of(recipe(), tmp_path) == 0


def test_progress_without_a_record_of_its_settings_is_refused(tmp_path: Path) -> None:
    settings = recipe(report_every=3)
    interrupted(settings, tmp_path)
    (tmp_path / "training" / "recipe.json").unlink()
    assert message(settings, tmp_path, resume=True) == f"{tmp_path} holds a damaged run: remove it to start again"


@pytest.mark.parametrize("resume", [False, True])
def test_a_folder_belongs_to_one_run_at_a_time(tmp_path: Path, resume: bool) -> None:
    settings = recipe(steps=6, report_every=3)
    first = begin(settings, tmp_path)
    busy = f"another training writes to {tmp_path}: wait for its end, or choose another folder with --out"
    assert message(settings, tmp_path, resume=resume) == busy
    metrics = finish(first)
    assert finished_metrics(tmp_path) == metrics


def test_a_run_that_could_not_begin_leaves_the_folder_to_others(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="lower batch_size") as caught:
        begin(recipe(batch_size=1000), tmp_path)
    # The error, which holds on to everything that was there when it was raised, is still around.
    assert caught.value.__traceback__ is not None
    assert step_of(recipe(batch_size=2), tmp_path) == 0


def test_a_run_that_ended_while_another_waited_for_its_text_is_left_alone(tmp_path: Path) -> None:
    finish(begin(recipe(steps=2), tmp_path))
    before = (tmp_path / "model.safetensors").read_bytes()
    assert message(recipe(steps=2), tmp_path, resume=True) == f"{tmp_path} holds a finished checkpoint: choose another folder with --out"
    assert (tmp_path / "model.safetensors").read_bytes() == before
    assert finished_metrics(tmp_path) is not None


class Killed(BaseException):
    pass


def killed(*_arguments: Any, **_options: Any) -> None:
    raise Killed


@pytest.mark.parametrize(("where", "name"), [(run, "save_counts"), (Path, "replace")])
def test_a_kill_before_the_checkpoint_stands_leaves_the_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, where: object, name: str
) -> None:
    settings = recipe(steps=6, report_every=3, save_every=1000)
    interrupted(settings, tmp_path)
    made = begin(settings, tmp_path, resume=True)
    with monkeypatch.context() as patch:
        patch.setattr(where, name, killed)
        with pytest.raises(Killed):
            finish(made)
    # The system takes the lock from the dead.
    made.close()
    assert finished_metrics(tmp_path) is None
    again = begin(settings, tmp_path, resume=True)
    assert again.trainer.step == 3
    assert finish(again) == finished_metrics(tmp_path)


def test_a_kill_after_the_checkpoint_stands_leaves_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = begin(recipe(steps=2), tmp_path)
    remove = shutil.rmtree

    def kill_at_the_end(folder: Path, **options: Any) -> None:
        if folder == tmp_path / "training":
            raise Killed
        remove(folder, **options)

    monkeypatch.setattr(shutil, "rmtree", kill_at_the_end)
    with pytest.raises(Killed):
        finish(made)
    assert finished_metrics(tmp_path) == json.loads((tmp_path / "card.json").read_text())["metrics"]
