"""Entry point of `python -m chatbot_tui.benchmarks.readers`: make the sheet for readers, and count what they found."""

import argparse
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from chatbot_tui.benchmarks.entry import Parser, run
from chatbot_tui.benchmarks.readers.sheet import NET, PEOPLE, Line, make_sheet
from chatbot_tui.benchmarks.readers.tally import QUESTIONS, Judgement
from chatbot_tui.core.errors import InputError
from chatbot_tui.core.strict_json import dump, parse, read_bounded

SHEET, KEY = "sheet.jsonl", "key.jsonl"
MAX_BYTES = 1 << 24


def parser() -> Parser:
    """Return the options."""
    top = Parser(prog="python -m chatbot_tui.benchmarks.readers", description=__doc__)
    commands = top.add_subparsers(dest="command", required=True)
    sheet = commands.add_parser("sheet", help="have a checkpoint, a peer and people answer, and mix the replies")
    sheet.add_argument("--checkpoint", required=True, metavar="C", help="answers with its own settings")
    other = "the checkpoint speaks a second time, with these sampling options changed, such as candidates=8,pmi_weight=0.5; may be repeated"
    sheet.add_argument("--changed", action="append", default=[], metavar="KEY=VALUE,...", help=other)
    sheet.add_argument("--peer", required=True, metavar="DIR", help="answers at temperature 0.7 and top-p 0.9")
    sheet.add_argument("--corpus", nargs="+", action="extend", required=True, metavar="PATH", help="where people answered what is alike")
    sheet.add_argument("--openers", default="tests/openers.txt", metavar="FILE", help="what is answered, one a line")
    sheet.add_argument("--seed", type=int, default=0, help="of the replies and of the order")
    sheet.add_argument("--out", required=True, metavar="DIR", help=f"gets {SHEET} for readers and {KEY}, which they must not see")
    tally = commands.add_parser("tally", help="write the table and the sheet with all answers as Markdown")
    tally.add_argument("folder", metavar="DIR")
    tally.add_argument("answers", nargs="+", metavar="ANSWERS.jsonl", help=f'a reader each: {{"number": 1, "{QUESTIONS[0]}": true, ...}}')
    tally.add_argument("--about", default="", help="what stands above the table")
    return top


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command and return the exit status."""
    return run("readers", parser(), {"sheet": sheet, "tally": tally}, arguments)


def sheet(options: argparse.Namespace) -> None:
    """Write sheet and key. Raises InputError."""
    folder = Path(options.out)
    if folder.exists() and any(folder.iterdir()):
        raise InputError(f"{folder} is not empty: choose another folder with --out")
    # Imported where it is used: a mistake is told at once.
    from chatbot_tui.benchmarks.peers.kept import load_peer
    from chatbot_tui.benchmarks.peers.replies import DEFAULT, read_openers, reply
    from chatbot_tui.benchmarks.readers.people import answers_of_people
    from chatbot_tui.benchmarks.readers.speaking import replies_of_checkpoint, sampling_of
    from chatbot_tui.core.library import find
    from chatbot_tui.model.importers.load import load_named
    from chatbot_tui.model.text import normalise
    from chatbot_tui.training.corpus import read_corpus

    openers = read_openers(Path(options.openers))
    peer = load_peer(Path(options.peer))
    dialogues = [dialogue for source in options.corpus for dialogue in read_corpus(source).dialogues]
    checkpoint, _ = load_named(find(options.checkpoint))
    own = {name: sampling_of(checkpoint, name) for name in ("", *options.changed)}
    replies = {
        **{f"{NET} {name}".strip(): replies_of_checkpoint(checkpoint, openers, sampling, options.seed) for name, sampling in own.items()},
        peer.name: [reply(peer, opener, options.seed + number, DEFAULT).text for number, opener in enumerate(openers)],
        PEOPLE: [answer for _, answer in answers_of_people(openers, dialogues)],
    }
    lines = make_sheet(openers, {speaker: [normalise(text) for text in said] for speaker, said in replies.items()}, options.seed)
    folder.mkdir(parents=True, exist_ok=True)
    write_lines(folder / SHEET, [line.unnamed() for line in lines])
    write_lines(folder / KEY, [line.named() for line in lines])


def tally(options: argparse.Namespace) -> None:
    """Write the report. Raises InputError."""
    from chatbot_tui.benchmarks.readers.report import report

    lines = [line_from(record, Path(options.folder) / KEY) for record in read_lines(Path(options.folder) / KEY)]
    paths = [Path(name) for name in options.answers]
    twice = [path for number, path in enumerate(paths) if path.resolve() in {other.resolve() for other in paths[:number]}]
    if twice:
        raise InputError(f"{twice[0]} is given twice: a reader counts once")
    judgements = [judgement_from(path) for path in paths]
    sys.stdout.write(report(lines, judgements, options.about))


def line_from(record: Mapping[str, Any], path: Path) -> Line:
    """Return a line of the key. Raises InputError."""
    try:
        return Line(int(record["number"]), str(record["opener"]), str(record["reply"]), str(record["speaker"]))
    except (KeyError, TypeError, ValueError):
        raise InputError(f"{path} is no key: make the sheet again") from None


def judgement_from(path: Path) -> Judgement:
    """Return one reader's answers. Raises InputError."""
    answers: dict[int, dict[str, bool]] = {}
    for record in read_lines(path):
        number = record.get("number")
        if isinstance(number, bool) or not isinstance(number, int):
            raise InputError(f"{path} has an answer without a number: give each line the number of the reply")
        if number in answers:
            raise InputError(f"{path} answers number {number} twice: keep one of the two")
        answers[number] = {question: record[question] for question in QUESTIONS if isinstance(record.get(question), bool)}
    return Judgement(path.stem, answers)


def write_lines(path: Path, records: Sequence[Mapping[str, Any]]) -> None:
    """Write JSON lines."""
    path.write_text("".join(dump(record) + "\n" for record in records), encoding="utf-8")


def read_lines(path: Path) -> list[dict[str, Any]]:
    """Read JSON lines. Raises InputError."""
    records = []
    for number, line in enumerate(read_bounded(path, MAX_BYTES).splitlines(), 1):
        if not line.strip():
            continue
        try:
            record = parse(line)
        except ValueError:
            record = None
        if not isinstance(record, dict):
            raise InputError(f"{path}, line {number} is no JSON object: mend or remove it")
        records.append(record)
    return records


if __name__ == "__main__":
    sys.exit(main())
