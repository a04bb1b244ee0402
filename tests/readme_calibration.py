"""How often the doctor is right, in the README: figures from the calibration in use; `python -m tests.readme_calibration` writes it."""

import json
from typing import Any

from chatbot_tui.diagnosis.reliability import FIGURES, calibration_folder
from tests.readme_section import replace_section, section

BEGIN, END = "<!-- calibration: python -m tests.readme_calibration -->\n", "<!-- end of calibration -->\n"
HEADINGS = {"nothing": "no text", "training text": "text it has learnt from", "other text": "other text"}
ROWS = {
    "verdict_right": "right verdict",
    "first_cause_right": "right cause named first, of unhealthy nets",
    "cause_among_first_two": "right cause among the first two",
    "false_alarms": "healthy nets called unhealthy",
    "misses": "unhealthy nets called healthy",
    "abstentions": "“unknown” named first, of unhealthy nets",
}
WORDS = """\
The doctor's thresholds come from {specimens} nets that `chatbot-tui calibrate` trained for it: every cause and healthy ones, of many sizes,
depths, vocabularies and texts, word and byte-pair streams, with end-of-turn tokens and without; each labelled by what it
measurably does, not by its recipe alone. {fit} of them served for fitting. These are the figures for the other {held_out}, whose sizes,
depths, vocabularies and texts were none of those; the nets in the library had no part in it. In brackets the 95 % interval (Wilson).

"""
AFTER = """
The confusion matrices are in [assets/calibration/calibration.md](assets/calibration/calibration.md).
"""


def figures() -> dict[str, Any]:
    """Return what the calibration in use found."""
    values: dict[str, Any] = json.loads((calibration_folder() / FIGURES).read_text(encoding="utf-8"))
    return values


def share(rate: dict[str, Any]) -> str:
    """Return a share with its interval."""
    return f"{rate['share']:.1%} ({rate['low']:.0%} to {rate['high']:.0%})" if rate["n"] else "–"


def current() -> str:
    """Return the section as the calibration has it."""
    found = figures()
    trials = {trial["given"]: trial for trial in found["held_out"]}
    parts = found["by_part"]
    lines = [f"| | {' | '.join(HEADINGS.values())} |", f"|---|{'---|' * len(HEADINGS)}"]
    lines += [f"| {words} | {' | '.join(share(trials[given][name]) for given in HEADINGS)} |" for name, words in ROWS.items()]
    words = WORDS.format(specimens=found["specimens"], fit=parts["fit"], held_out=parts["held-out"])
    return words + "\n".join(lines) + "\n" + AFTER


def written() -> str:
    """Return the section as the README has it."""
    return section(BEGIN, END)


def main() -> None:
    """Write the section into the README."""
    replace_section(BEGIN, END, current())


if __name__ == "__main__":
    main()
