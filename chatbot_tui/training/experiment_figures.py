"""What the experiment writes down about a net: what context gains it, and what it says to whom."""

from typing import Any

from chatbot_tui.signals.sensitivity import prompt_sensitivity
from chatbot_tui.training.evaluation import as_stream, encode, finite, flat, reference_losses
from chatbot_tui.training.replies import reply_figures, vocabulary_prompts
from chatbot_tui.training.run import TrainingRun
from chatbot_tui.training.scoring import predicted, score


def measure(run: TrainingRun) -> dict[str, Any]:
    """Measure a net as it stands.

    Returns:
        context_gain and bigram_gain (by how much the net, and a model of neighbouring pairs, beat word frequencies, nats a token of the
        held-out text, or of the training text where none is kept aside); prompt_sensitivity (nats); and what replies.reply_figures
        tells of that text. None where a figure is unknown or no finite number.
    """
    checkpoint = run.checkpoint()
    model, tokenizer = checkpoint.model, checkpoint.tokenizer
    dialogues = run.text.held_out or [dialogue for corpus in run.text.train for dialogue in corpus.dialogues]
    encoded = encode(dialogues, tokenizer)
    streams = [as_stream(turns, tokenizer.end_id) for turns in encoded]
    nats = -float(score(model, streams).log_p.sum()) / sum(map(predicted, streams))
    by_frequency, by_pair = reference_losses(checkpoint, streams, run.bigrams)
    return {
        "context_gain": None if by_frequency is None else finite(by_frequency - nats),
        "bigram_gain": None if by_frequency is None or by_pair is None else by_frequency - by_pair,
        "prompt_sensitivity": finite(prompt_sensitivity(model, vocabulary_prompts(checkpoint))),
        **reply_figures(checkpoint, flat(encoded)),
    }
