import stat
import tomllib
from pathlib import Path

import pytest
import tomli_w
from hypothesis import given
from hypothesis import strategies as st

from chatbot_tui.core.errors import InputError
from chatbot_tui.core.sampling import SamplingSettings
from chatbot_tui.core.settings import Settings, load_settings, save_settings

CHANGED = Settings(
    theme="chatbot-light",
    checkpoint="near-zero-init",
    sampling=SamplingSettings(temperature=0.7, top_k=40, order="llama.cpp"),
    seed=7,
    tokens_per_second=None,
    max_tokens=90,
    min_tokens=3,
    pinned=("the", "größe", 'quo"te'),
    shade=False,
    keymap={"retry": "ctrl+r,f5"},
)


def test_no_file_is_the_default_without_a_warning(tmp_path: Path) -> None:
    assert load_settings(tmp_path / "settings.toml") == (Settings(), None)


@pytest.mark.parametrize("chosen", [Settings(), CHANGED, Settings(sampling=SamplingSettings())])
def test_what_is_saved_is_read_back(tmp_path: Path, chosen: Settings) -> None:
    path = tmp_path / "new" / "settings.toml"
    save_settings(chosen, path)
    assert load_settings(path) == (chosen, None)


def test_a_save_leaves_nothing_else_in_the_folder(tmp_path: Path) -> None:
    save_settings(CHANGED, tmp_path / "settings.toml")
    save_settings(Settings(), tmp_path / "settings.toml")
    assert [path.name for path in tmp_path.iterdir()] == ["settings.toml"]


def test_entries_that_cannot_be_used_are_left_out_and_named(tmp_path: Path) -> None:
    path = tmp_path / "settings.toml"
    path.write_text(
        'theme = 3\nseed = 5\nsped = 1\ntokens_per_second = -2\npinned = ["a", 7]\n[sampling]\ntop_p = 7\ntop_k = 9\nself = 1\n'
    )
    loaded, warning = load_settings(path)
    assert loaded == Settings(seed=5, pinned=("a",), sampling=SamplingSettings(top_k=9))
    assert warning is not None
    for word in ("theme", "'sped'", "tokens_per_second", "pinned", "top_p", "'self'"):
        assert word in warning
    assert "\n" not in warning
    assert "seed" not in warning


@pytest.mark.parametrize("text", ["theme = ", "a = " + "[" * 5000, "\x00", "seed = 1\nseed = 2"])
def test_a_file_that_is_not_toml_gives_the_default_and_is_never_overwritten(tmp_path: Path, text: str) -> None:
    path = tmp_path / "settings.toml"
    path.write_text(text)
    loaded, warning = load_settings(path)
    assert loaded == Settings()
    assert warning is not None
    with pytest.raises(InputError, match="not valid TOML"):
        save_settings(CHANGED, path)
    assert path.read_text() == text


def test_a_read_only_file_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "settings.toml"
    path.write_text("seed = 4\n")
    path.chmod(stat.S_IRUSR)
    with pytest.raises(InputError, match="read-only"):
        save_settings(CHANGED, path)
    assert load_settings(path) == (Settings(seed=4), None)


def test_a_folder_in_the_place_of_the_file_is_told(tmp_path: Path) -> None:
    (tmp_path / "settings.toml").mkdir()
    loaded, warning = load_settings(tmp_path / "settings.toml")
    assert loaded == Settings()
    assert warning is not None
    assert "not a file" in warning
    with pytest.raises(InputError):
        save_settings(CHANGED, tmp_path / "settings.toml")


def test_a_place_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match="cannot"):
        save_settings(CHANGED, tmp_path / "file" / "settings.toml")


def test_entries_of_a_newer_version_survive_a_save(tmp_path: Path) -> None:
    path = tmp_path / "settings.toml"
    path.write_text('lesson = 3\n[voice]\nname = "x"\n')
    save_settings(CHANGED, path)
    document = tomllib.loads(path.read_text())
    assert document["lesson"] == 3
    assert document["voice"] == {"name": "x"}


def test_a_link_to_the_file_stays_a_link(tmp_path: Path) -> None:
    (tmp_path / "dotfiles").mkdir()
    (tmp_path / "settings.toml").symlink_to(tmp_path / "dotfiles" / "settings.toml")
    save_settings(CHANGED, tmp_path / "settings.toml")
    assert (tmp_path / "settings.toml").is_symlink()
    assert load_settings(tmp_path / "dotfiles" / "settings.toml") == (CHANGED, None)


@given(data=st.binary(max_size=300))
def test_any_bytes_are_read_without_an_error(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "settings.toml"
    path.write_bytes(data)
    loaded, warning = load_settings(path)
    assert isinstance(loaded, Settings)
    assert warning is None or "\n" not in warning


values = st.recursive(
    st.booleans() | st.integers() | st.floats() | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
)


@given(document=st.dictionaries(st.sampled_from([*Settings.__dataclass_fields__, "other"]), values))
def test_any_values_are_read_without_an_error_and_what_is_kept_can_be_saved(tmp_path: Path, document: dict[str, object]) -> None:
    path = tmp_path / "settings.toml"
    try:
        text = tomli_w.dumps(document)
        path.write_text(text, encoding="utf-8")
    except ValueError:  # not every Python value is TOML
        return
    loaded, _warning = load_settings(path)
    save_settings(loaded, path)
    assert load_settings(path)[0] == loaded


def test_a_whole_number_beyond_every_bound_is_left_out(tmp_path: Path) -> None:
    path = tmp_path / "settings.toml"
    # Hexadecimal numbers have no limit of digits when read, but one when written out in decimal.
    path.write_text(f"seed = 0x{'f' * 9000}\nshade = false\n[sampling]\ntop_k = 0x{'f' * 9000}\n")
    loaded, warning = load_settings(path)
    assert loaded == Settings(shade=False, sampling=SamplingSettings())
    assert warning is not None
