from collections import Counter

import pytest

from chatbot_tui.diagnosis.calibration.kinds import KINDS
from chatbot_tui.diagnosis.calibration.pools import POOLS
from chatbot_tui.diagnosis.calibration.specimens import Specimen, specimen, zoo

CORPORA = ("first", "second", "third")


@pytest.fixture(scope="module")
def whole_zoo() -> list[Specimen]:
    return list(zoo(CORPORA))


def test_a_specimen_is_a_function_of_its_kind_and_number() -> None:
    assert specimen("healthy", 7, CORPORA) == specimen("healthy", 7, CORPORA)
    assert specimen("healthy", 7, CORPORA).recipe.seed != specimen("healthy", 8, CORPORA).recipe.seed


def test_every_cause_has_twenty_specimens_or_more_and_health_a_hundred_and_fifty(whole_zoo: list[Specimen]) -> None:
    counts = Counter(one.kind for one in whole_zoo)
    causes = [name for name, kind in KINDS.items() if kind.expected == name and name != "healthy"]
    assert len(causes) == 14
    assert min(counts[cause] for cause in causes) >= 20
    assert counts["healthy"] >= 150
    assert len({one.name for one in whole_zoo}) == len(whole_zoo)


def test_any_beginning_holds_every_cause_in_equal_shares(whole_zoo: list[Specimen]) -> None:
    # A fifth of the zoo holds a fifth of each kind: 5 of 25, and 35 of the 175 healthy ones; the first of each come first of all.
    counts = Counter(one.kind for one in whole_zoo[: len(whole_zoo) // 5])
    assert {counts[name] for name, kind in KINDS.items() if kind.count == 25} <= {4, 5, 6}
    assert 30 <= counts["healthy"] <= 37
    assert {one.kind for one in whole_zoo[: len(KINDS)]} == set(KINDS)


def test_two_fifths_of_every_kind_are_held_out(whole_zoo: list[Specimen]) -> None:
    for name, kind in KINDS.items():
        held_out = sum(one.part == "held-out" for one in whole_zoo if one.kind == name)
        assert abs(held_out - 0.4 * kind.count) < 1, name


@pytest.mark.parametrize("what", ["hidden", "text seed", "corpus", "deep"])
def test_what_is_held_out_is_never_fitted_to(whole_zoo: list[Specimen], what: str) -> None:
    def values(part: str) -> set[int | str]:
        chosen = [one for one in whole_zoo if one.part == part]
        sets: dict[str, set[int | str]] = {
            "hidden": {one.recipe.hidden_dim for one in chosen},
            "text seed": {one.text.seed for one in chosen},
            "corpus": {one.text.source for one in chosen if one.text.source in CORPORA},
            "deep": {one.recipe.num_layers for one in chosen if one.recipe.num_layers > 3},
        }
        return sets[what]

    fit, held_out = values("fit"), values("held-out")
    assert fit
    assert held_out
    assert not fit & held_out


def test_vocabularies_are_drawn_from_sets_that_do_not_meet() -> None:
    assert not set(POOLS["fit"].vocabulary) & set(POOLS["held-out"].vocabulary)
    assert not set(POOLS["fit"].few_words) & set(POOLS["held-out"].few_words)


def test_a_deep_stack_has_at_least_four_plain_layers(whole_zoo: list[Specimen]) -> None:
    assert all(one.recipe.num_layers >= 4 and not one.recipe.residual for one in whole_zoo if one.kind == "deep-stack")


def test_a_tied_net_has_an_embedding_as_wide_as_its_state(whole_zoo: list[Specimen]) -> None:
    tied = [one for one in whole_zoo if one.recipe.tied]
    assert tied
    assert all(one.recipe.embedding_dim == one.recipe.hidden_dim for one in tied)


def test_without_corpora_every_text_is_made_up() -> None:
    assert {one.text.source for one in zoo()} == {"language", "small-talk", "independent", "article"}


def test_what_is_kept_of_a_specimen_is_plain() -> None:
    values = specimen("near-zero-init", 3).to_json()
    assert values["part"] == "fit"  # 3 of every five numbers, from 2 on, are for fitting.
    assert "teaches" not in values["recipe"]
