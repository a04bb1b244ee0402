from pathlib import Path

import torch

from chatbot_tui.benchmarks.training import bare_steps, training, watched_steps
from chatbot_tui.core.lab import TrainRequest
from chatbot_tui.training.lab_run import LabRun
from tests.training.tiny import DIALOGUES


def tiny(folder: Path) -> TrainRequest:
    text = folder / "talk.txt"
    text.write_text("\n\n".join("\n".join(dialogue) for dialogue in DIALOGUES))
    settings = {"vocab_size": "60", "embedding_dim": "6", "hidden_dim": "8", "batch_size": "3", "fresh_rows": "1", "sequence_length": "5"}
    return TrainRequest("healthy", settings | {"steps": "100", "report_every": "4", "probe": "hello there"}, (str(text),))


def test_training_is_timed_beside_the_bare_loop_and_leaves_the_threads_as_they_were(tmp_path: Path) -> None:
    before = torch.get_num_threads()
    (record,) = training(2, tiny(tmp_path))
    assert record.ratio is not None
    assert record.value is not None
    assert record.reference is not None
    assert record.ratio == record.reference / record.value > 0
    assert torch.get_num_threads() == before


def test_both_take_as_many_steps_from_one_report_to_the_next(tmp_path: Path) -> None:
    with LabRun(0, tiny(tmp_path)) as run:
        watched, bare = watched_steps(run), bare_steps(run)
        # The bare loop begins its text again where it ends: 20 dialogues of about 12 tokens in four columns last for 12 steps.
        assert all(next(watched) > 0 and next(bare) > 0 for _ in range(4))
        assert run.step == 4 * 4
