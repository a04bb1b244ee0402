"""The commands that train nets by recipes."""

import click

from chatbot_tui.cli.options import corpus_option, examples, json_option, parse_changes


@click.command(
    short_help="List what can be trained, and what it shows.",
    epilog=examples("chatbot-tui recipes", "chatbot-tui recipes --json"),
)
@json_option
def recipes(as_json: bool) -> None:
    """List the recipes: the cause of collapse that each one shows, its control, and the fixes that are recommended."""
    from chatbot_tui.commands.recipes import recipes as run_recipes

    run_recipes(as_json=as_json)


@click.command(
    short_help="Train a net by a recipe.",
    epilog=examples(
        "chatbot-tui train healthy",
        "chatbot-tui train deep-stack --set residual=true --out mended",
        "chatbot-tui train smalltalk --corpus chats.jsonl --out my-bot",
        "chatbot-tui train smalltalk --corpus chats.jsonl --out my-bot --resume",
    ),
)
@click.argument("recipe")
@corpus_option("Text to learn from in place of the recipe's own: .jsonl, .jsonl.gz or .txt; may be repeated.")
@click.option("--set", "settings", metavar="KEY=VALUE", multiple=True, help="Change an entry of the recipe; may be repeated.")
@click.option("--out", metavar="DIR", help="Folder for the run and its checkpoint; it must be empty unless --resume is given.")
@click.option("--device", metavar="D", help="cpu, cuda or mps; the best there is unless given.")
@click.option("--resume", is_flag=True, help="Go on from where the run in DIR stopped.")
@json_option
def train(
    recipe: str, corpora: tuple[str, ...], settings: tuple[str, ...], out: str | None, device: str | None, resume: bool, as_json: bool
) -> None:
    """Train a net by RECIPE: a name or a TOML file."""
    changes = parse_changes(settings)
    from chatbot_tui.commands.train import train as run_train

    run_train(recipe=recipe, corpora=list(corpora), settings=changes, out=out, device=device, resume=resume, as_json=as_json)


@click.command(
    short_help="Run every recipe over several seeds.",
    epilog=examples(
        "chatbot-tui experiment --out results                     every recipe and every fix",
        "chatbot-tui experiment --out results --resume            go on after an interruption",
        "chatbot-tui experiment deep-stack healthy --seeds 1 --out depth",
    ),
)
@click.argument("recipes", nargs=-1, metavar="[RECIPE]...")
@click.option("--seeds", type=click.IntRange(min=1, max=1000), metavar="N", default=3, show_default=True, help="How often each is trained.")
@click.option("--fixes/--no-fixes", default=True, show_default=True, help="Train with each of a recipe's fixes as well.")
@click.option("--out", metavar="DIR", help="Folder for results and table; it must be empty unless --resume is given.")
@click.option("--resume", is_flag=True, help="Go on in DIR: what is done there already is not done again.")
@json_option
def experiment(recipes: tuple[str, ...], seeds: int, fixes: bool, out: str | None, resume: bool, as_json: bool) -> None:
    """Train each RECIPE over several seeds, and write a table: what is said, what happened, figures.

    Without RECIPE, all whose text the program makes up itself; that takes some hours.
    """
    from chatbot_tui.commands.experiment import experiment as run_experiment

    run_experiment(recipes=recipes, seeds=seeds, fixes=fixes, out=out, resume=resume, as_json=as_json)
