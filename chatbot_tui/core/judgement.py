"""The numbers by which the chat's running verdict is given: the doctor's own, thresholds from the one file that a calibration writes."""

import json
from pathlib import Path

FILE = Path(__file__).parent.parent / "diagnosis" / "thresholds.json"
"""The doctor's thresholds. Data: nothing of the doctor is imported."""

_NUMBERS = json.loads(FILE.read_text(encoding="utf-8"))


def limit(question: str) -> float:
    """Return the threshold of one of the verdict's questions. Raises KeyError."""
    return float(_NUMBERS[f"verdict.{question}"]["threshold"])


INPUT_BLIND = limit("input_blind")
"""Prompt sensitivity, in nats, up to which a net is collapsed whatever it says."""
NEARLY_BLIND = limit("nearly_blind")
"""The same for a net that besides says one word to everything; above it no net is collapsed."""
ONE_WORD = limit("one_word")
"""Share of the commonest token of greedy replies from which they are one word."""
SAME_REPLY = limit("same_reply")
"""Share of different greedy replies up to which everybody gets the same."""

LOOP_REPEATS = 3
"""How often a unit stands in a row in a loop. Twice is emphasis; a sentence grows likelier with every repetition from the second on
(Xu et al. 2022)."""
LOOP_TOKENS = 12
"""Over how many tokens at least: spares what people do write, such as "no, no, no", "ha ha ha ha" and "........"."""
