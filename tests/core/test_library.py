import struct
from pathlib import Path

import pytest

from chatbot_tui.core import library, paths
from chatbot_tui.core.errors import InputError
from chatbot_tui.core.library import CheckpointEntry, delete, find, list_checkpoints, rename
from tests.core.checkpoint_folders import ARCHITECTURE, PARAMETERS, safetensors, write_checkpoint


@pytest.fixture(autouse=True)
def shipped(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    folder = tmp_path / "shipped"
    monkeypatch.setattr(paths, "shipped_checkpoints", lambda: folder)
    return folder


def own(name: str) -> Path:
    return paths.checkpoints_folder() / name


def found(name: str) -> CheckpointEntry:
    entry = find(name)
    assert isinstance(entry, CheckpointEntry)
    return entry


def test_shipped_ones_come_first_each_by_name(shipped: Path) -> None:
    for folder in (shipped / "smalltalk", shipped / "near-zero-init", own("b"), own("a")):
        write_checkpoint(folder)
    (own("a").parent / ".hidden").mkdir()
    (own("a").parent / "notes.txt").write_text("")
    assert [(entry.name, entry.source) for entry in list_checkpoints()] == [
        ("near-zero-init", "shipped"),
        ("smalltalk", "shipped"),
        ("a", "own"),
        ("b", "own"),
    ]


def test_no_folders_are_no_checkpoints() -> None:
    assert list_checkpoints() == []


def test_an_entry_holds_what_the_files_say() -> None:
    folder = write_checkpoint(own("mine"))
    entry = found("mine")
    assert entry.architecture == ARCHITECTURE
    assert entry.parameters == PARAMETERS
    assert entry.teaches == "nothing yet"
    assert entry.metrics == {"word_perplexity": 78.5}
    assert entry.problem is None
    assert entry.bytes == sum(path.stat().st_size for path in folder.iterdir())


@pytest.mark.parametrize("file", ["model.safetensors", "config.json", "tokenizer.json"])
def test_a_folder_that_lacks_a_file_is_listed_with_its_problem(file: str) -> None:
    (write_checkpoint(own("mine")) / file).unlink()
    [entry] = list_checkpoints()
    assert entry.problem is not None
    assert file in entry.problem
    with pytest.raises(InputError, match=file):
        find("mine")


@pytest.mark.parametrize(
    ("file", "data"),
    [
        ("config.json", b"[]"),
        ("config.json", b"\xff\xfe"),
        ("config.json", b'{"format_version": 1, "architecture": 3}'),
        ("config.json", b'{"format_version": true, "architecture": {}}'),
        ("config.json", b'{"format_version": 2, "architecture": {}}'),
        ("config.json", b'{"format_version": NaN, "architecture": {}}'),
        ("config.json", b'{"a":' * 50_000),
        ("card.json", b"nonsense"),
        ("card.json", b"[" * 50_000),
        ("model.safetensors", b""),
        ("model.safetensors", struct.pack("<Q", 1 << 63) + b"{}"),
        ("model.safetensors", struct.pack("<Q", 2) + b"{}"),
        ("model.safetensors", struct.pack("<Q", 3) + b"nop"),
        ("model.safetensors", safetensors()[:-1]),
    ],
)
def test_a_damaged_file_is_a_problem_in_one_line(file: str, data: bytes) -> None:
    (write_checkpoint(own("mine")) / file).write_bytes(data)
    [entry] = list_checkpoints()
    assert entry.problem is not None
    assert file in entry.problem
    assert "\n" not in entry.problem


def test_a_newer_format_asks_for_an_update() -> None:
    write_checkpoint(own("mine"), config={"format_version": 2, "architecture": ARCHITECTURE})
    with pytest.raises(InputError, match="newer version"):
        find("mine")


def test_card_values_of_the_wrong_kind_are_empty() -> None:
    write_checkpoint(own("mine"), card={"teaches": ["x"], "metrics": 3})
    entry = found("mine")
    assert (entry.teaches, entry.metrics, entry.problem) == ("", {}, None)


def test_a_name_goes_before_a_folder_of_that_name_here(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, shipped: Path) -> None:
    write_checkpoint(shipped / "smalltalk")
    write_checkpoint(own("smalltalk"))
    write_checkpoint(tmp_path / "here" / "smalltalk")
    monkeypatch.chdir(tmp_path / "here")
    assert found("smalltalk").source == "shipped"
    assert found("./smalltalk").path == Path("smalltalk")
    assert found(str(own("smalltalk"))).path == own("smalltalk")


def test_a_foreign_file_is_given_back_as_its_path(tmp_path: Path) -> None:
    (tmp_path / "net.pt").write_bytes(b"")
    assert find(str(tmp_path / "net.pt")) == tmp_path / "net.pt"


def test_a_misspelt_name_is_answered_with_the_nearest(shipped: Path) -> None:
    write_checkpoint(shipped / "smalltalk")
    with pytest.raises(InputError, match="did you mean 'smalltalk'"):
        find("smaltalk")


def test_a_strange_name_is_answered_with_those_that_exist(shipped: Path) -> None:
    write_checkpoint(shipped / "smalltalk")
    with pytest.raises(InputError, match="use one of smalltalk, or the path"):
        find("xyz")


@pytest.mark.parametrize("name", ["", "no\x00pe", "x" * 100_000, "a\nb", "/", "\udc80", "~nobody-at-all/x"])
def test_names_that_cannot_exist_are_refused_in_one_short_line(name: str) -> None:
    with pytest.raises(InputError) as caught:
        find(name)
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 400


def test_renaming_moves_the_folder() -> None:
    write_checkpoint(own("old"))
    renamed = rename(found("old"), " new ")
    assert (renamed.name, renamed.problem) == ("new", None)
    assert [entry.name for entry in list_checkpoints()] == ["new"]


def test_renaming_may_change_nothing_but_capitals() -> None:
    write_checkpoint(own("mine"))
    assert rename(found("mine"), "Mine").name == "Mine"


@pytest.mark.parametrize(
    "name", ["", " ", ".", "..", "a/b", "a\\b", "-x", ".x", "x.", "a\nb", "a\x1b[1m", "x" * 101, "taken", "Taken", "smalltalk", "a:b"]
)
def test_names_that_will_not_do_change_nothing(name: str, shipped: Path) -> None:
    write_checkpoint(shipped / "smalltalk")
    write_checkpoint(own("taken"))
    write_checkpoint(own("mine"))
    with pytest.raises(InputError, match="name"):
        rename(found("mine"), name)
    assert own("mine").is_dir()


def test_shipped_ones_are_neither_renamed_nor_deleted(shipped: Path) -> None:
    write_checkpoint(shipped / "smalltalk")
    with pytest.raises(InputError, match="comes with the program"):
        rename(found("smalltalk"), "mine")
    with pytest.raises(InputError, match="comes with the program"):
        delete(found("smalltalk"))
    assert (shipped / "smalltalk").is_dir()


def test_a_folder_elsewhere_is_not_ours_to_delete(tmp_path: Path) -> None:
    write_checkpoint(tmp_path / "elsewhere")
    with pytest.raises(InputError, match="is not in"):
        delete(found(str(tmp_path / "elsewhere")))
    assert (tmp_path / "elsewhere").is_dir()


def test_the_folder_of_all_checkpoints_is_no_checkpoint() -> None:
    write_checkpoint(own("mine"))
    with pytest.raises(InputError, match="is not in"):
        delete(CheckpointEntry("..", own("mine") / ".." / "..", "own"))
    assert own("mine").is_dir()


def test_deleting_removes_links_and_not_what_they_lead_to(tmp_path: Path) -> None:
    (tmp_path / "precious").mkdir()
    (tmp_path / "precious" / "file").write_text("x")
    (write_checkpoint(own("mine")) / "link").symlink_to(tmp_path / "precious")
    own("linked").symlink_to(tmp_path / "precious")
    for entry in list_checkpoints():
        delete(entry)
    assert list_checkpoints() == []
    assert (tmp_path / "precious" / "file").read_text() == "x"


def test_deleting_what_is_gone_is_told() -> None:
    write_checkpoint(own("mine"))
    entry = found("mine")
    delete(entry)
    with pytest.raises(InputError, match="cannot delete"):
        delete(entry)


def test_the_size_of_a_missing_folder_is_nought(tmp_path: Path) -> None:
    assert library.folder_size(tmp_path / "missing") == 0


def keep_steps(folder: Path, *steps: int) -> Path:
    (folder / "steps").mkdir()
    for step in steps:
        (folder / "steps" / f"{step:06d}.safetensors").write_bytes(safetensors())
    return folder


def test_a_step_is_named_behind_the_name_or_the_path() -> None:
    folder = keep_steps(write_checkpoint(own("bot"), card={"steps": 300}), 60, 0)
    assert (found("bot").steps, found("bot").step) == ((0, 60, 300), None)
    for name in ("bot@60", f"{folder}@60", "bot@060"):
        entry = found(name)
        assert (entry.name, entry.path, entry.step) == ("bot", folder, 60)
    assert found("bot@0").step == 0


def test_the_finished_net_can_be_named_by_its_step_too() -> None:
    keep_steps(write_checkpoint(own("bot"), card={"steps": 300}), 60)
    assert found("bot@300") == found("bot")


def test_what_lies_behind_the_end_is_no_step_and_without_an_end_all_are() -> None:
    keep_steps(write_checkpoint(own("bot"), card={"steps": 300}), 60, 300, 400)
    assert found("bot").steps == (60, 300)
    keep_steps(write_checkpoint(own("untold"), card={"steps": "many"}), 60, 400)
    assert found("untold").steps == (60, 400)
    assert found("untold@400").step == 400
    write_checkpoint(own("bare"), card={"steps": 300})
    assert found("bare").steps == ()


def test_a_step_that_is_not_there_is_told_with_those_that_are() -> None:
    keep_steps(write_checkpoint(own("bot"), card={"steps": 300}), 0, 60)
    write_checkpoint(own("bare"))
    for name, line in (
        ("bot@61", "checkpoint 'bot' has no step '61': use one of 0, 60, 300"),
        ("bot@", "checkpoint 'bot' has no step '': use one of 0, 60, 300"),
        ("bare@60", "checkpoint 'bare' keeps no earlier steps: name it without @"),
        ("bott@60", "no checkpoint 'bott@60': did you mean 'bot'? `chatbot-tui checkpoints` lists all"),
    ):
        with pytest.raises(InputError) as caught:
            find(name)
        assert str(caught.value) == line


def test_a_name_that_holds_the_sign_itself_comes_first(tmp_path: Path) -> None:
    keep_steps(write_checkpoint(own("bot")), 60)
    write_checkpoint(own("bot@60"))
    keep_steps(write_checkpoint(own("a@b")), 7)
    assert found("bot@60").name == "bot@60"
    assert (found("a@b").step, found("a@b@7").step) == (None, 7)
    (tmp_path / "net.pt").write_bytes(b"")
    with pytest.raises(InputError, match="no checkpoint"):
        find(f"{tmp_path / 'net.pt'}@7")
    with pytest.raises(InputError, match="no checkpoint"):
        find("@60")


def test_a_broken_folder_stays_broken_at_every_step() -> None:
    folder = keep_steps(write_checkpoint(own("bot")), 60)
    (folder / "config.json").unlink()
    with pytest.raises(InputError, match=r"checkpoint 'bot@60' cannot be loaded: it has no config.json"):
        find("bot@60")


def test_the_kept_steps_count_in_the_size_and_go_with_their_checkpoint() -> None:
    folder = keep_steps(write_checkpoint(own("bot")), 60)
    assert found("bot").bytes == sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
    delete(found("bot"))
    assert not folder.exists()
