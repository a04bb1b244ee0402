"""The commands about checkpoints as files: what there is, what comes in, and what goes out."""

import click

from chatbot_tui.cli.options import examples, json_option, parse_changes, vocabulary_option
from chatbot_tui.core.imports import ImportChoices, Unit


@click.command(
    short_help="List what can be loaded by name.",
    epilog=examples("chatbot-tui checkpoints", "chatbot-tui checkpoints --json"),
)
@json_option
def checkpoints(as_json: bool) -> None:
    """List the checkpoints that can be loaded by name: shipped ones and your own."""
    from chatbot_tui.commands.checkpoints import checkpoints as run_checkpoints

    run_checkpoints(as_json=as_json)


@click.command(
    "import",
    short_help="Bring a net that another program trained.",
    epilog=examples(
        "chatbot-tui import word_lm.pt --vocab vocab.json",
        "chatbot-tui import checkpoint.ckpt --vocab words.txt --name my-bot --end-token '<eos>'",
        "chatbot-tui import net.h5 --vocab tokenizer.json --json",
    ),
)
@click.argument("file", metavar="FILE")
@vocabulary_option
@click.option("--name", metavar="NAME", help="Name of the new checkpoint; the file's own unless given.")
@click.option("--end-token", metavar="TOKEN", help="What ends a turn; told by its name unless given. An empty text: nothing does.")
@click.option("--unknown-token", metavar="TOKEN", help="What stands for words that the vocabulary lacks.")
@click.option("--pad-token", metavar="TOKEN", help="What fills up short texts; the net will never say it.")
@click.option("--unit", type=click.Choice(["words", "characters"]), help="How a plain list of tokens cuts text.")
@click.option("--activation", metavar="NAME", help="Activation of hidden layers between the LSTM and the output layer.")
@click.option(
    "--place", "places", metavar="TENSOR=NAME", multiple=True, help="Say what a tensor is: fc.weight, say; empty to leave it out."
)
@json_option
def import_(
    file: str,
    vocabulary: str | None,
    name: str | None,
    end_token: str | None,
    unknown_token: str | None,
    pad_token: str | None,
    unit: Unit | None,
    activation: str | None,
    places: tuple[str, ...],
    as_json: bool,
) -> None:
    """Make FILE, an LSTM language model that another program saved, a checkpoint of your own. Nothing in it is ever run.

    State_dicts of PyTorch in any of the usual wrappers, safetensors, and Keras models are read.
    """
    becomes = {tensor: target or None for tensor, target in parse_changes(places, "--place").items()}
    choices = ImportChoices(end_token, unknown_token, pad_token, unit, activation, becomes)
    from chatbot_tui.commands.import_ import import_file

    import_file(file=file, vocabulary=vocabulary, name=name, choices=choices, as_json=as_json)


@click.command(
    short_help="Write a net so that it runs without this program.",
    epilog=examples("chatbot-tui export smalltalk --out smalltalk-pytorch", "chatbot-tui export my-bot --out my-bot-onnx --onnx"),
)
@click.argument("checkpoint", metavar="C")
@vocabulary_option
@click.option("--out", metavar="DIR", help="New or empty folder for the files; one of the checkpoint's name unless given.")
@click.option("--onnx", is_flag=True, help="Write model.onnx too, with the state as input and output.")
@json_option
def export(checkpoint: str, vocabulary: str | None, out: str | None, onnx: bool, as_json: bool) -> None:
    """Write checkpoint C as a plain PyTorch state_dict with a short model file that runs it, and its tokenizer."""
    from chatbot_tui.commands.export import export as run_export

    run_export(checkpoint=checkpoint, vocabulary=vocabulary, out=out, onnx=onnx, as_json=as_json)
