import json
from pathlib import Path
from typing import Any

import pytest

from chatbot_tui.core.errors import InputError
from chatbot_tui.core.frames import TrainFrame
from chatbot_tui.training import experiment
from chatbot_tui.training.corpus import Corpus
from chatbot_tui.training.experiment import Experiment, Result, Trial, plan, seen, settings_digest
from chatbot_tui.training.recipes import load_recipe
from tests.training.tiny import DIALOGUES

TINY = """
teaches = "Nothing."
control = "healthy"
cell_activation = "identity"
vocab_size = 60
embedding_dim = 6
hidden_dim = 8
batch_size = 3
fresh_rows = 0
sequence_length = 5
steps = 12
report_every = 4
probe = "hello there"
fixes = [
    { name = "longer", set = { steps = 20 }, why = "More of it." },
    { name = "wild", set = { optimizer = "sgd", learning_rate = 1000.0, momentum = 0.9, clip_norm = 0.0, steps = 100 }, why = "Much." },
]
"""


@pytest.fixture(autouse=True)
def short_text(monkeypatch: pytest.MonkeyPatch) -> None:
    """Put text of a few words in the place of the laboratory's."""
    text = [Corpus("lab", DIALOGUES * 3), Corpus("lab.valid", DIALOGUES[::3])]
    monkeypatch.setattr(experiment, "training_corpora", lambda _sources, _own: text)


@pytest.fixture
def tiny(tmp_path: Path) -> str:
    path = tmp_path / "tiny.toml"
    path.write_text(TINY)
    return str(path)


def run(folder: Path, trials: list[Trial], *, resume: bool = False) -> list[Result]:
    with Experiment(folder, resume=resume) as experiment:
        return list(experiment.results(trials, lambda _frame: None))


def trained(folder: Path, trials: list[Trial]) -> int:
    """Return how many trials a resumed experiment still has to train."""
    steps: list[int] = []
    with Experiment(folder, resume=True) as experiment:
        list(experiment.results(trials, lambda frame: steps.append(frame.step)))
    return sum(step == 4 for step in steps)


def test_the_plan_is_every_recipe_and_fix_for_one_seed_after_the_other(tiny: str) -> None:
    names = [trial.name for trial in plan([tiny, tiny], 2, fixes=True)]
    assert names == ["tiny.0", "tiny+longer.0", "tiny+wild.0", "tiny.1", "tiny+longer.1", "tiny+wild.1"]
    assert [trial.name for trial in plan([tiny], 1, fixes=False)] == ["tiny.0"]
    assert plan([tiny], 1, fixes=True)[1].load() == load_recipe(tiny, {"steps": 20, "seed": 0})


def test_without_recipes_all_run_whose_text_the_program_makes_up() -> None:
    names = {trial.recipe for trial in plan([], 1, fixes=False)}
    assert {"healthy", "near-zero-init", "deep-stack"} <= names
    assert "smalltalk" not in names


def test_an_unknown_recipe_is_refused_before_anything_is_trained() -> None:
    with pytest.raises(InputError, match="no recipe called 'nobody'"):
        plan(["healthy", "nobody"], 1, fixes=True)


def test_a_trial_leaves_its_figures_in_a_file(tmp_path: Path, tiny: str) -> None:
    folder = tmp_path / "out"
    [result] = run(folder, plan([tiny], 1, fixes=False))
    file = folder / "results" / "tiny.0.json"
    assert json.loads(file.read_text()) == result
    assert {path.name for path in folder.rglob("*") if path.is_file()} == {"tiny.0.json", ".lock"}
    assert (result["recipe"], result["fix"], result["seed"], result["steps"]) == ("tiny", None, 0, 12)
    assert 0 < result["top_share"] <= 1
    assert 1 <= result["distinct_replies"] <= 32
    assert result["failure"] is None


def test_the_same_trials_give_the_same_files(tmp_path: Path, tiny: str) -> None:
    trials = plan([tiny], 2, fixes=False)
    run(tmp_path / "a", trials)
    run(tmp_path / "b", trials)
    files = [sorted((tmp_path / name / "results").iterdir()) for name in ("a", "b")]
    assert [file.read_bytes() for file in files[0]] == [file.read_bytes() for file in files[1]]
    assert files[0][0].read_bytes() != files[0][1].read_bytes()


def test_a_net_that_diverges_is_a_result_and_not_the_end(tmp_path: Path, tiny: str) -> None:
    _plain, _longer, wild = run(tmp_path / "out", plan([tiny], 1, fixes=True))
    assert wild["failure"].startswith("training diverged at step ")
    assert "context_gain" not in wild


def test_a_killed_experiment_goes_on_with_the_trial_that_was_cut_short(tmp_path: Path, tiny: str) -> None:
    folder, trials = tmp_path / "out", plan([tiny], 3, fixes=False)
    expected = run(tmp_path / "straight", trials)

    class Killed(BaseException):
        pass

    def kill(frame: TrainFrame) -> None:
        if frame.step == 8:
            raise Killed

    with Experiment(folder, resume=False) as experiment:
        next(experiment.results(trials, lambda _frame: None))
    with Experiment(folder, resume=True) as experiment, pytest.raises(Killed):
        list(experiment.results(trials, kill))
    assert (folder / "unfinished").exists()
    assert sorted(file.name for file in (folder / "results").iterdir()) == ["tiny.0.json"]
    assert run(folder, trials, resume=True) == expected
    assert not (folder / "unfinished").exists()
    assert trained(folder, trials) == 0


def test_what_was_done_with_other_settings_is_done_again(tmp_path: Path, tiny: str) -> None:
    folder, trials = tmp_path / "out", plan([tiny], 1, fixes=False)
    run(folder, trials)
    Path(tiny).write_text(TINY.replace('"Nothing."', '"Something."'))
    assert trained(folder, trials) == 0
    Path(tiny).write_text(TINY.replace("hidden_dim = 8", "hidden_dim = 9"))
    assert trained(folder, trials) == 1
    assert trained(folder, trials) == 0


def test_a_folder_that_holds_anything_is_refused(tmp_path: Path) -> None:
    (tmp_path / "letter").touch()
    with pytest.raises(InputError, match="is not empty: choose another folder with --out, or go on with --resume"):
        Experiment(tmp_path, resume=False)
    with pytest.raises(InputError, match="cannot write to "):
        Experiment(tmp_path / "letter" / "out", resume=False)


def test_two_experiments_cannot_share_a_folder(tmp_path: Path) -> None:
    folder = tmp_path / "out"
    with Experiment(folder, resume=False), pytest.raises(InputError, match=f"another experiment writes to {folder}: "):
        Experiment(folder, resume=True)
    with Experiment(folder, resume=True):
        pass


def report(step: int, phase: Any) -> TrainFrame:
    return TrainFrame(step, 40, 5.0, None, 0.1, 1.0, phase, 0.0, 0.0, "the the", (), (), 1.0, 0.0)


def test_the_escape_is_the_first_report_beyond_word_frequencies() -> None:
    figures: dict[str, Any] = {"escape_step": None, "context_step": None}
    # Back in the unigram phase for a report: it has left it all the same.
    for frame in (report(4, "uniform"), report(8, "unigram"), report(12, "bigram"), report(16, "unigram"), report(20, "context")):
        figures |= seen(figures, frame)
    assert (figures["escape_step"], figures["context_step"], figures["steps"]) == (12, 20, 20)
    jumped = seen({"escape_step": None, "context_step": None}, report(4, "context"))
    assert (jumped["escape_step"], jumped["context_step"]) == (4, 4)


def test_a_digest_is_of_what_is_learnt_and_not_of_what_is_said() -> None:
    assert settings_digest(load_recipe("healthy", {"teaches": "x."})) == settings_digest(load_recipe("healthy"))
    assert settings_digest(load_recipe("healthy", {"seed": 1})) != settings_digest(load_recipe("healthy"))
