"""The commands that measure and judge: nets, the doctor, and this machine."""

import click

from chatbot_tui.cli.options import corpus_option, examples, json_option, vocabulary_option


@click.command(
    short_help="Measure how well a net predicts unseen text.",
    epilog=examples(
        "chatbot-tui evaluate smalltalk --corpus valid.jsonl.gz", "chatbot-tui evaluate my-bot --corpus a.txt --corpus b.txt --json"
    ),
)
@click.argument("checkpoint", metavar="C")
@vocabulary_option
@corpus_option("Held-out text; several are one text.", required=True)
@json_option
def evaluate(checkpoint: str, vocabulary: str | None, corpora: tuple[str, ...], as_json: bool) -> None:
    """Measure how well checkpoint C predicts text that it has not seen."""
    from chatbot_tui.commands.evaluate import evaluate as run_evaluate

    run_evaluate(checkpoint=checkpoint, vocabulary=vocabulary, corpora=list(corpora), as_json=as_json)


@click.command(
    short_help="Say why a net collapsed, and what to do.",
    epilog=examples(
        "chatbot-tui doctor near-zero-init",
        "chatbot-tui doctor model.pt --vocab vocab.json",
        "chatbot-tui doctor model.pt --vocab vocab.json --corpus chats.txt",
        "chatbot-tui doctor my-bot --markdown report.md --json",
    ),
)
@click.argument("checkpoint", metavar="C")
@vocabulary_option
@corpus_option("Text that it learnt from or is to speak like; with it, more is known.")
@click.option("--markdown", metavar="FILE", help="Write the report as Markdown, too.")
@json_option
def doctor(checkpoint: str, vocabulary: str | None, corpora: tuple[str, ...], markdown: str | None, as_json: bool) -> int:
    """Examine checkpoint C: is it well, and if not, why, with evidence and something to do about it.

    Exit status: 0 healthy, 1 anything else, 2 the input was at fault.
    """
    from chatbot_tui.commands.doctor import doctor as run_doctor

    return run_doctor(checkpoint=checkpoint, vocabulary=vocabulary, corpora=list(corpora), as_json=as_json, markdown=markdown)


@click.command(
    short_help="Find out how often the doctor is right.",
    epilog=examples(
        "chatbot-tui calibrate --out zoo                          on made-up text; some hours, and again to go on",
        "chatbot-tui calibrate --out zoo --corpus a.jsonl --corpus b.jsonl",
        "chatbot-tui calibrate --out zoo --no-breed --json        with the nets that are there",
    ),
)
@corpus_option("Real text for a third of the nets; every second one is held out.")
@click.option("--out", metavar="DIR", help="Folder of the nets, the tables and the figures; what is there already stays.")
@click.option(
    "--limit", type=click.IntRange(min=1), metavar="N", help="Breed only the first N nets; any beginning holds some of each cause."
)
@click.option("--breed/--no-breed", default=True, show_default=True, help="Train the nets that are missing.")
@click.option("--adopt", is_flag=True, help="Let the doctor judge by the fitted thresholds from now on.")
@json_option
def calibrate(corpora: tuple[str, ...], out: str | None, limit: int | None, breed: bool, adopt: bool, as_json: bool) -> None:
    """Train nets drawn at random, with every known trouble and without, and hold the doctor's verdicts against what they are."""
    from chatbot_tui.commands.calibrate import calibrate as run_calibrate

    run_calibrate(corpora=corpora, out=out, limit=limit, breed=breed, adopt_numbers=adopt, as_json=as_json)


@click.command(
    short_help="Measure speed and memory on this machine.",
    epilog=examples("chatbot-tui bench", "chatbot-tui bench --json"),
)
@json_option
def bench(as_json: bool) -> None:
    """Measure speed and memory on this machine, beside what is promised."""
    from chatbot_tui.commands.bench import bench as run_bench

    run_bench(as_json=as_json)
