import os
from pathlib import Path
from typing import Any

import pytest

from chatbot_tui.core.errors import InputError
from chatbot_tui.core.paths import recipes_folder
from chatbot_tui.core.sampling import SamplingSettings
from chatbot_tui.model.config import ModelConfig
from chatbot_tui.training.recipe_entries import CorpusShare, Fix
from chatbot_tui.training.recipes import NETWORK, Recipe, build_recipe, load_recipe, read_values

SHIPPED = sorted(path.stem for path in recipes_folder().glob("*.toml"))

FROM_0_TO = ("drop_factor", "label_smoothing", "focal_gamma", "unlikelihood", "entropy_reward", "filler_share", "augment")
SWITCHES = ("decay_biases", "double_softmax", "shift_targets", "count_padding", "identical_embeddings", "freeze_embeddings")


def message(name: str, changes: dict[str, Any] | None = None) -> str:
    with pytest.raises(InputError) as caught:
        load_recipe(name, changes)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_the_two_that_the_checkpoints_came_from_are_shipped() -> None:
    assert {"smalltalk", "near-zero-init"} <= set(SHIPPED)


@pytest.mark.parametrize("name", SHIPPED)
def test_every_shipped_recipe_loads(name: str) -> None:
    recipe = load_recipe(name)
    assert recipe.name == name
    assert recipe.teaches.endswith(".")
    assert all(share.licence != "unknown" for share in recipe.corpora)
    assert recipe.sampling_settings() != SamplingSettings()


def test_a_file_says_what_differs_from_the_defaults(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(
        'hidden_dim = 16\nclip_norm = 0\nbanned_tokens = ["<eot>"]\ncorpora = [{ name = "a", share = 0.5 }]\n[sampling]\ntop_k = 5\n'
    )
    recipe = load_recipe(str(path))
    expected = Recipe("mine", hidden_dim=16, clip_norm=0, banned_tokens=("<eot>",), corpora=(CorpusShare("a", 0.5),), sampling={"top_k": 5})
    assert recipe == expected
    assert recipe.sampling_settings() == SamplingSettings(top_k=5)


def test_changes_lie_over_the_file(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text("hidden_dim = 16\nsteps = 5\n")
    recipe = load_recipe(str(path), {"steps": 7})
    assert (recipe.hidden_dim, recipe.steps) == (16, 7)


def test_a_file_that_names_its_control_says_only_what_differs(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text('control = "deep-stack"\nteaches = "Mine."\nhidden_dim = 16\n')
    recipe, control = load_recipe(str(path), {"steps": 5}), load_recipe("deep-stack")
    assert (recipe.name, recipe.control, recipe.hidden_dim, recipe.steps) == ("mine", "deep-stack", 16, 5)
    assert (recipe.num_layers, recipe.corpora, recipe.sampling) == (6, control.corpora, control.sampling)
    # What the control says about itself stays its own.
    assert (recipe.teaches, recipe.claim, recipe.cause, recipe.fixes) == ("Mine.", "", None, ())


def test_a_recipe_of_the_name_of_its_control_may_stand_on_it(tmp_path: Path) -> None:
    path = tmp_path / "healthy.toml"
    path.write_text('control = "healthy"\nsteps = 5\n')
    assert load_recipe(str(path)).hidden_dim == load_recipe("healthy").hidden_dim


def test_a_control_beside_the_file_goes_before_the_shipped_one(tmp_path: Path) -> None:
    (tmp_path / "healthy.toml").write_text('control = "healthy"\nhidden_dim = 16\n')
    (tmp_path / "mine.toml").write_text('control = "healthy"\nnum_layers = 6\n')
    recipe = load_recipe(str(tmp_path / "mine.toml"))
    assert (recipe.hidden_dim, recipe.num_layers, recipe.corpora) == (16, 6, load_recipe("healthy").corpora)


def test_files_that_control_each_other_are_refused(tmp_path: Path) -> None:
    (tmp_path / "a.toml").write_text('control = "b"\n')
    (tmp_path / "b.toml").write_text('control = "a"\n')
    with pytest.raises(InputError, match="control is 'a': it must be the name of another recipe"):
        load_recipe(str(tmp_path / "a.toml"))


def test_recipes_that_control_each_other_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("chatbot_tui.training.recipes.recipes_folder", lambda: tmp_path)
    (tmp_path / "a.toml").write_text('control = "b"\n')
    (tmp_path / "b.toml").write_text('control = "a"\n')
    assert message("a") == "control is 'a': it must be the name of another recipe that does not stand on b"


@pytest.mark.parametrize("control", ['"a/b"', '"../healthy"', '"/"', "3"])
def test_a_control_is_a_name_and_no_path(control: str, tmp_path: Path) -> None:
    (tmp_path / "a.toml").write_text(f"control = {control}\n")
    with pytest.raises(InputError, match="it must be the name of another recipe"):
        load_recipe(str(tmp_path / "a.toml"))


def test_a_missing_control_is_named() -> None:
    assert message("deep-stack", {"control": "nobody"}).startswith("no recipe called 'nobody'")


def test_fixes_are_settings_with_a_reason() -> None:
    entry = {"name": "adam", "set": {"optimizer": "adam"}, "why": "It steps."}
    assert build_recipe("x", {"fixes": [entry]}).fixes == (Fix("adam", {"optimizer": "adam"}, "It steps."),)


def test_the_network_is_as_large_as_the_vocabulary_turned_out() -> None:
    config = Recipe("x", vocab_size=8000, dropout=0.1, init="xavier").model_config(77)
    assert (config.vocab_size, config.dropout, config.init, config.hidden_dim) == (77, 0.1, "xavier", 512)


def test_a_recipe_names_every_property_of_the_network_and_no_default_twice() -> None:
    plain = ModelConfig(vocab_size=8000, embedding_dim=256, hidden_dim=512)
    told = Recipe("x").to_json()
    # A chat net has two tied layers; all else is what a network is by itself.
    assert {name: told[name] for name in plain.to_json()} == plain.to_json() | {"num_layers": 2, "tied": True}
    assert Recipe("x").model_config(8000) == NETWORK


def test_an_epoch_may_read_a_corpus_several_times() -> None:
    assert build_recipe("x", {"corpora": [{"name": "x", "share": 4.0}]}).corpus("x").share == 4.0


def test_a_corpus_is_found_by_the_beginning_of_its_name() -> None:
    recipe = Recipe("x", corpora=(CorpusShare("self_dialogue", 0.5, "BSD"), CorpusShare("self", 0.1, "MIT")))
    assert recipe.corpus("self_dialogue.train").share == 0.5
    assert recipe.corpus("selfish").licence == "MIT"
    assert recipe.corpus("other") == CorpusShare("other", 1.0, "unknown")


@pytest.mark.parametrize(
    ("key", "value"),
    [
        *[(key, value) for key in ("vocab_size", "hidden_dim", "embedding_dim", "num_layers") for value in (0, -1, 2.5, "x", True, 10**12)],
        *[
            (key, value)
            for key in ("batch_size", "sequence_length", "steps", "report_every", "save_every", "drop_every")
            for value in (0, 1.5, "x", True)
        ],
        *[
            (key, value)
            for key in ("learning_rate", "weight_decay", "clip_norm", "epochs", *FROM_0_TO)
            for value in (-1, "x", True, float("nan"))
        ],
        *[
            (key, value)
            for key in ("seed", "warmup_steps", "fresh_rows", "patience", "limit_words")
            for value in (-1, 0.5, "x", False, 2**63)
        ],
        *[(key, value) for key in SWITCHES for value in (0, "true", None)],
        *[
            (key, value)
            for key in ("tokenizer", "optimizer", "schedule", "precision", "weights", "init", "class_weights", "balance")
            for value in ("x", 1, ["adam"])
        ],
        ("cell_activation", "sigmoid"),
        ("dropout", 1.0),
        ("final_share", 1.1),
        ("drop_factor", 1.1),
        ("label_smoothing", 1.1),
        ("filler_share", 1.1),
        ("augment", 1.1),
        ("count_padding", True),
        ("cause", "bad-luck"),
        ("control", 3),
        ("control", "even-sentences"),
        ("claim", 3),
        ("article", "yes"),
        ("fixes", "adam"),
        ("fixes", ["adam"]),
        ("fixes", [{"name": "adam", "set": {"optimizer": "adam"}}]),
        ("fixes", [{"name": "adam", "set": {}, "why": "x"}]),
        ("fixes", [{"name": "adam", "set": 3, "why": "x"}]),
        ("fixes", [{"name": 3, "set": {"optimizer": "adam"}, "why": "x"}]),
        ("fixes", [{"name": "adam", "set": {"optimizer": "adam"}, "why": "x", "how": "y"}]),
        ("momentum", float("inf")),
        ("forget_bias", "x"),
        ("tied", 1),
        ("residual", "yes"),
        ("teaches", 3),
        ("probe", ["hi"]),
        ("sampling", 3),
        ("corpora", 3),
        ("corpora", {"name": "x"}),
        ("corpora", ["x"]),
        ("corpora", [{"share": 0.5}]),
        ("corpora", [{"name": "x", "more": 1}]),
        ("banned_tokens", "<eot>"),
        ("banned_tokens", [1]),
    ],
)
def test_a_wrong_value_is_named(key: str, value: object) -> None:
    assert key in message("even-sentences", {key: value})


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"corpora": [{"name": "x", "share": 16.5}]}, "share"),
        ({"corpora": [{"name": "x", "share": "half"}]}, "share"),
        ({"corpora": [{"name": "x", "licence": 1}]}, "licence"),
        ({"sampling": {"top_k": "x"}}, "top_k"),
        ({"sampling": {"heat": 1}}, "heat"),
        ({"leraning_rate": 1}, "'leraning_rate'"),
        ({"name": "x"}, "'name'"),
    ],
)
def test_a_wrong_entry_is_named(changes: dict[str, Any], named: str) -> None:
    assert named in message("smalltalk", changes)


def test_padding_cannot_count_where_there_is_none() -> None:
    expected = "count_padding is true but nothing is filled up: set fresh_rows to 1 or more"
    assert message("even-sentences", {"count_padding": True}) == expected
    assert build_recipe("x", {"count_padding": True, "fresh_rows": 1}).count_padding


def test_what_the_laboratory_turns_is_off_by_default() -> None:
    plain = Recipe("x")
    assert (plain.class_weights, plain.balance, plain.clip_norm, plain.fresh_rows, plain.limit_words) == ("none", "none", 1.0, 0, 0)
    assert [getattr(plain, key) for key in FROM_0_TO[1:]] == [0.0] * 6
    assert {key for key in SWITCHES if getattr(plain, key)} == {"decay_biases", "shift_targets"}


def test_a_choice_lists_what_there_is() -> None:
    assert message("smalltalk", {"optimizer": "rmsprop"}) == "optimizer is 'rmsprop': use one of adamw, adam, sgd, sgdw, muon"


def test_an_unknown_recipe_lists_what_there_is(tmp_path: Path) -> None:
    assert all(name in message("no-such-recipe") for name in SHIPPED)
    assert "no recipe called" in message(str(tmp_path / "missing.toml"))


@pytest.mark.parametrize("data", [b"steps = ", b"\xff", b"steps = 1\nsteps = 2", b"steps = " + b"[" * 100_000])
def test_a_malformed_file_is_refused(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "bad.toml"
    path.write_bytes(data)
    assert message(str(path)).startswith(f"cannot read the recipe {path}: ")


def test_a_file_too_large_for_a_recipe_is_refused_unread(tmp_path: Path) -> None:
    with (tmp_path / "huge.toml").open("wb") as file:
        file.truncate(1 << 40)
    with pytest.raises(InputError, match="is larger than 1,048,576 bytes"):
        load_recipe(str(tmp_path / "huge.toml"))


def test_a_pipe_is_refused_and_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.toml")
    assert "no recipe called" in message(str(tmp_path / "pipe.toml"))


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("3", 3),
        ("1e-3", 1e-3),
        ("true", True),
        ("adam", "adam"),
        ('"adam"', "adam"),
        ("{ top_k = 5 }", {"top_k": 5}),
        ('["<eot>"]', ["<eot>"]),
        ("do you like tea?", "do you like tea?"),
        ("", ""),
        ("[" * 100_000, "[" * 100_000),
    ],
)
def test_settings_are_toml_where_they_can_be(text: str, value: object) -> None:
    assert read_values({"key": text}) == {"key": value}


def test_all_settings_can_be_told() -> None:
    told = build_recipe("x", {"corpora": [{"name": "a"}], "sampling": {"top_k": 5}}).to_json()
    assert told["corpora"] == ({"name": "a", "share": 1.0, "licence": "unknown"},)
    assert set(told) >= {"name", "init", "optimizer", "epochs", "probe"}
