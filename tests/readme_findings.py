"""What the experiment found, in the README: words from a template, figures from results; `python -m tests.readme_findings` writes it."""

import json
import re
from collections.abc import Mapping
from typing import Any

from chatbot_tui.core.paths import assets
from chatbot_tui.training.experiment_table import shown
from tests.readme_section import replace_section, section

FOLDER = assets() / "experiment"
BEGIN, END = "<!-- findings: python -m tests.readme_findings -->\n", "<!-- end of findings -->\n"
FIGURE = re.compile(r"\{([a-z0-9-]+)(?:\+([a-z0-9-]+))?\.(\w+)\}")
"""{recipe.figure} or {recipe+fix.figure} in the template."""
DIGITS = {"context_gain": ".2f", "bigram_gain": ".2f", "prompt_sensitivity": ".3f", "top_share": ".0%", "escape_step": ".0f"}


def results() -> dict[tuple[str, str | None], dict[str, Any]]:
    """Return the rows of the experiment by recipe and fix."""
    rows = map(json.loads, (FOLDER / "results.jsonl").read_text(encoding="utf-8").splitlines())
    return {(row["recipe"], row["fix"]): row for row in rows}


def figure(row: Mapping[str, Any], name: str) -> str:
    """Return a figure in words: mean and range over the seeds, or what never happened."""
    value, seeds = row[name], len(row["seeds"])
    if name == "seeds":
        return str(seeds)
    if name == "mended":
        return "–" if value is None else f"{value:.0%}"
    if isinstance(value, str):
        return value
    if name == "escape_step" and value["known"] < seeds:
        return f"{shown(value, '.0f')}, never in {seeds - value['known']} of {seeds}" if value["known"] else "never"
    return shown(value, DIGITS.get(name, ".0f"))


def current() -> str:
    """Return the findings as the results have them."""
    rows = results()
    template = (FOLDER / "findings.md").read_text(encoding="utf-8")
    runs = sum(len(row["seeds"]) for row in rows.values())
    filled = FIGURE.sub(lambda place: figure(rows[place[1], place[2]], place[3]), template)
    return filled.replace("{runs}", f"{runs:,}")


def written() -> str:
    """Return the findings as the README has them."""
    return section(BEGIN, END)


def main() -> None:
    """Write the findings into the README."""
    replace_section(BEGIN, END, current())


if __name__ == "__main__":
    main()
