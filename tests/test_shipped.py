"""The checkpoints that come with the program do what their cards say."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from chatbot_tui.backend import LocalBackend
from chatbot_tui.benchmarks.peers.replies import read_openers
from chatbot_tui.core.frames import ReplyFinished, StepFrame
from chatbot_tui.core.judgement import INPUT_BLIND
from chatbot_tui.core.library import list_checkpoints
from chatbot_tui.core.paths import assets
from chatbot_tui.core.ports import LoadedCheckpoint, ReplyRequest, Turn
from chatbot_tui.core.sampling import SamplingSettings
from chatbot_tui.training.decency import offences

PROMPTS = (
    "hello, how are you?",
    "What's your favorite movie?",
    "do you like the beatles",
    "I had soup for lunch today",
    "Who won the game last night?",
    "tell me a joke",
    "The weather is terrible here.",
    "My dog is sick and I am sad",
    "where do you live?",
    "good morning!",
    "I just got a new job",
    "Do you play any sports?",
    "why is the sky blue",
    "ok",
    "Have you read any good books?",
    "what are you doing this weekend",
    "one two three four five",
    "I love you",
    "you are wrong about that",
    "See you later, bye!",
)
GREEDY = SamplingSettings(greedy=True)
OPENERS = Path(__file__).parent / "openers.txt"


@pytest.fixture(scope="module")
def backend() -> Iterator[LocalBackend]:
    backend = LocalBackend()
    yield backend
    backend.close()


def reply(backend: LocalBackend, prompt: str, sampling: SamplingSettings, seed: int = 0) -> tuple[list[StepFrame], ReplyFinished]:
    events = list(backend.reply(ReplyRequest((Turn("you", prompt),), sampling, seed=seed, top=3)))
    last = events[-1]
    assert isinstance(last, ReplyFinished)
    return [event for event in events if isinstance(event, StepFrame)], last


def test_every_shipped_checkpoint_is_sound_and_says_what_it_teaches() -> None:
    entries = {entry.name: entry for entry in list_checkpoints() if entry.source == "shipped"}
    assert {"smalltalk", "near-zero-init"} <= set(entries)
    for entry in entries.values():
        assert entry.problem is None
        assert entry.teaches.endswith(".")
        assert all(corpus["licence"] != "unknown" and corpus["words"] > 0 for corpus in entry.card["corpus"])
        # The article's three sentences leave nothing to keep aside.
        measured = entry.card["corpus"][0]["name"] != "article"
        assert not measured or entry.metrics["word_perplexity"] > 1


def test_the_assets_stay_small() -> None:
    assert sum(file.stat().st_size for file in assets().rglob("*") if file.is_file()) <= 60 * 2**20


def test_near_zero_init_says_only_the_most_frequent_word(backend: LocalBackend) -> None:
    loaded: LoadedCheckpoint = backend.load("near-zero-init")
    assert loaded.sampling == GREEDY
    assert loaded.most_frequent is not None
    word = loaded.most_frequent.strip()
    said: list[str] = []
    for prompt in PROMPTS:
        frames, last = reply(backend, prompt, loaded.sampling)
        said += last.reply.split()
        assert frames[-1].collapse.prompt_sensitivity <= INPUT_BLIND
        assert (last.verdict, frames[-1].collapse.blame) == ("collapsed", "model")
        assert frames[-1].collapse.unit == word
    assert said.count(word) >= 0.95 * len(said)


def test_near_zero_init_is_collapsed_though_its_samples_are_varied(backend: LocalBackend) -> None:
    backend.load("near-zero-init")
    _, last = reply(backend, "do you like music", SamplingSettings())
    words = last.reply.split()
    # Shuffled frequencies: 60 draws from them repeat some words, yet hardly half of all.
    assert len(set(words)) > len(words) / 2
    assert last.verdict == "collapsed"


def test_smalltalk_answers_unlike_prompts_unlike(backend: LocalBackend) -> None:
    backend.load("smalltalk")
    frames, _ = reply(backend, PROMPTS[0], GREEDY)
    assert frames[0].collapse.prompt_sensitivity >= 0.3
    greedy = {reply(backend, prompt, GREEDY)[1].reply for prompt in PROMPTS}
    assert len(greedy) >= 15


def test_smalltalk_says_nothing_profane_or_personal_to_everyday_openers(backend: LocalBackend) -> None:
    loaded = backend.load("smalltalk")
    for number, opener in enumerate(read_openers(OPENERS)):
        for sampling in (GREEDY, loaded.sampling):
            assert not offences(reply(backend, opener, sampling, seed=number)[1].reply)


def test_smalltalk_says_something_and_stops(backend: LocalBackend) -> None:
    loaded = backend.load("smalltalk")
    finished = [reply(backend, prompt, loaded.sampling, seed)[1] for seed in range(2) for prompt in PROMPTS]
    assert all(last.reply.strip() for last in finished)
    assert sum(last.finish_reason == "end" for last in finished) >= 0.9 * len(finished)
    assert sum(last.verdict == "healthy" for last in finished) >= 0.95 * len(finished)
