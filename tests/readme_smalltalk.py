"""How good the small-talk net is, in the README and in `peers.md`: `python -m tests.readme_smalltalk` writes both from the figures."""

from itertools import takewhile
from pathlib import Path

from chatbot_tui.benchmarks.peers.table import markdown, read_results
from chatbot_tui.core.paths import assets
from tests.readme_section import replace_section, section

BEGIN, END = "<!-- small talk: python -m tests.readme_smalltalk -->\n", "<!-- end of small talk -->\n"
PEERS = """\
All but `smalltalk`, which read more, learnt from the same conversations, and the same code measured them on {dialogues:,} conversations
that none had learnt from. hits@1 is how often the right reply is found among twenty, where chance finds .05: the one that its context makes
likeliest, compared with what it is after nothing, or elsewhere, in other conversations. The second is the fairer question: only our net
has practised the first. One seed each.

"""
READERS = """
Three readers (runs of a large language model) saw the answers to 100 everyday openers (greetings, food, pets, films, goodbyes) without
knowing who gave them. `net` is `smalltalk` as it speaks, then without its re-ranking; `people` is what somebody answered elsewhere to the
turn most like the opener:

"""
AFTER = """
How everything was trained, and what replies are like: [peers](assets/smalltalk/peers.md). What the readers read:
[readers](assets/smalltalk/readers.md). How the sampling was chosen: [defaults](assets/smalltalk/defaults.md). What was tried on the way,
and what did not help: [trials](assets/smalltalk/trials.md).
"""
README_COLUMNS = 7
"""Columns of the whole table that the README shows: name, word perplexity, hits@1 both ways, seed, size, time of training."""


def folder() -> Path:
    """Return where the figures are kept."""
    return assets() / "smalltalk"


def first_table(text: str, columns: int | None = None) -> str:
    """Return the first table of a Markdown text, or its first columns."""
    lines = text.splitlines()
    start = next(number for number, line in enumerate(lines) if line.startswith("|"))
    rows = (line.strip("|").split("|")[:columns] for line in takewhile(lambda line: line.startswith("|"), lines[start:]))
    return "".join(f"|{'|'.join(row)}|\n" for row in rows)


def current() -> str:
    """Return the section as the figures have it."""
    results = read_results(folder() / "peers.jsonl")
    peers = first_table(markdown(results), README_COLUMNS)
    readers = first_table((folder() / "readers.md").read_text(encoding="utf-8"))
    return PEERS.format(dialogues=results[0]["dialogues"]) + peers + READERS + readers + AFTER


def written() -> str:
    """Return the section as the README has it."""
    return section(BEGIN, END)


def page() -> str:
    """Return `peers.md` as the figures have it."""
    return (folder() / "peers.words.md").read_text(encoding="utf-8") + "\n" + markdown(read_results(folder() / "peers.jsonl"))


def main() -> None:
    """Write the section into the README, and the page."""
    replace_section(BEGIN, END, current())
    (folder() / "peers.md").write_text(page(), encoding="utf-8")


if __name__ == "__main__":
    main()
