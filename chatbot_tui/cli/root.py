"""The program itself: without a command the playground, else one of the commands."""

import click

from chatbot_tui import __version__
from chatbot_tui.cli.checkpoints import checkpoints, export, import_
from chatbot_tui.cli.measuring import bench, calibrate, doctor, evaluate
from chatbot_tui.cli.options import CONTEXT, examples, vocabulary_option
from chatbot_tui.cli.speaking import say
from chatbot_tui.cli.training import experiment, recipes, train


@click.group(
    invoke_without_command=True,
    context_settings=CONTEXT,
    epilog=examples(
        "chatbot-tui                                   chat, and look inside",
        "chatbot-tui --checkpoint near-zero-init       chat with a net that collapsed",
        'chatbot-tui say "do you like music?"          one answer, in the shell',
        "chatbot-tui checkpoints                       what there is to load",
    ),
)
@click.option("--checkpoint", metavar="C", help="Name, folder or foreign file to chat with; else the last one you used.")
@vocabulary_option
@click.version_option(__version__, prog_name="chatbot-tui")
@click.pass_context
def cli(context: click.Context, checkpoint: str | None, vocabulary: str | None) -> None:
    """Chat with a real LSTM in the terminal, see inside it while it answers, and learn why chatbots collapse to "the the the".

    Without a command, opens the playground.
    """
    if context.invoked_subcommand is not None:
        if checkpoint is not None or vocabulary is not None:
            raise click.UsageError(f"--checkpoint and --vocab go after the command: {context.invoked_subcommand}", context)
        return
    from chatbot_tui.commands.open import open_playground

    open_playground(checkpoint=checkpoint, vocabulary=vocabulary)


for command in (bench, calibrate, checkpoints, doctor, evaluate, experiment, export, import_, recipes, say, train):
    cli.add_command(command)
