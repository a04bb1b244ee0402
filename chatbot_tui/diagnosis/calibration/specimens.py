"""A specimen: one net of the calibration, everything about it a function of its kind and number."""

import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from chatbot_tui.diagnosis.calibration.kinds import KINDS, Kind
from chatbot_tui.diagnosis.calibration.pools import HELD_OUT_OF_FIVE, POOLS, Draw
from chatbot_tui.diagnosis.calibration.texts import TextPlan
from chatbot_tui.training.recipes import Recipe


@dataclass(frozen=True)
class Specimen:
    """One net: what text it reads, what is done to it, and what it is expected to be."""

    kind: str
    """A cause, healthy, or the name of a near miss."""
    number: int
    part: str
    """fit or held-out: which sizes, depths, vocabularies and texts it may have."""
    expected: str
    """The cause that its recipe makes happen, or healthy; what it measurably is may differ, see labels."""
    recipe: Recipe
    text: TextPlan
    layout: str
    """stream (rows of running text, state carried) or turns (each row a turn or two from the zero state, filled up)."""
    turns_a_row: int
    embedding_noise: float
    """Standard deviation of what is added to identical embeddings."""

    @property
    def name(self) -> str:
        """Its folder's name."""
        return f"{self.kind}-{self.number:03d}"

    def to_json(self) -> dict[str, Any]:
        """Return everything as plain values; of the recipe only its settings."""
        values = asdict(self)
        for name in ("teaches", "limits", "claim", "article", "control", "fixes", "corpora", "sampling", "banned_tokens", "probe"):
            del values["recipe"][name]
        return values


def specimen(kind: str, number: int, corpora: Sequence[str] = ()) -> Specimen:
    """Return a specimen: a function of the arguments alone.

    Args:
        kind: One of KINDS.
        number: From 0; the numbers of a kind end with a certain share that is held out.
        corpora: Names of the corpora there are besides the program's own text: even places for fitting, odd ones held out.
    """
    part = "held-out" if number % 5 < HELD_OUT_OF_FIVE else "fit"
    rng = random.Random(f"specimen {kind} {number}")  # noqa: S311 (no secrets)
    own = corpora[1::2] if part == "held-out" else corpora[::2]
    draw = Draw(rng, POOLS[part], tuple(own), number)
    KINDS[kind].change(draw)
    draw.fit_time()
    seed = rng.randrange(1 << 31)
    recipe = Recipe(f"{kind}-{number:03d}", seed=seed, precision="float32", weights="float32", **draw.settings)
    return Specimen(
        kind,
        number,
        part,
        KINDS[kind].expected,
        recipe,
        TextPlan(**draw.text),
        draw.layout,
        draw.turns_a_row,
        draw.embedding_noise,
    )


def zoo(corpora: Sequence[str] = (), kinds: Mapping[str, Kind] = KINDS) -> Iterator[Specimen]:
    """Yield every specimen, kind by kind in turn, so that the first hundred hold some of each; kinds that are more come oftener."""
    longest = max(kind.count for kind in kinds.values())
    for round_ in range(longest):
        for name, kind in kinds.items():
            # Spread each kind evenly over the rounds, the first of each in the first.
            first, last = -(-kind.count * round_ // longest), -(-kind.count * (round_ + 1) // longest)
            for number in range(first, last):
                yield specimen(name, number, corpora)
