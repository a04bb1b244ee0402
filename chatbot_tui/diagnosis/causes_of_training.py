"""Causes that lie in how the net was trained: mistakes in the loss, steps too long or too few, text too little."""

from chatbot_tui.diagnosis.rules import Rule, Signature, Test

COPIES = Rule(
    "copies-input",
    "The targets were not shifted: the net has learnt to repeat the token that it has just read, and does so for ever.",
    (Signature("copies", (Test("copy_share", "above", "The likeliest next token is the one just read."),)),),
)

PADDING = Rule(
    "padding-in-loss",
    "What fills up short rows counted as text to be learnt: the net predicts the filling, and it says that or nothing at all.",
    (
        Signature(
            "filling",
            (
                Test("filling_learnt", "above", "After a run of filling tokens it is sure that another follows."),
                Test("filling_times", "above", "After words it expects that far less."),
                Test("copy_share", "below", ""),
            ),
        ),
        Signature("padding-first", (Test("padding_share", "above", "After ordinary words it expects padding."),)),
        Signature(
            "silence",
            (
                Test("silent", "above", "To every prompt its first choice is to say nothing."),
                Test("filling_times", "above", "An end makes it expect another end far more than words do."),
                Test("filling_learnt", "above", ""),
            ),
            strength=0.85,
        ),
    ),
)

DOUBLE_SOFTMAX = Rule(
    "double-softmax",
    "The loss takes a softmax of its own, and the net was given one before: the gradient all but vanishes, and the best that is left to "
    "learn is to be absurdly sure of the likeliest word.",
    (
        Signature(
            "sure-and-wrong",
            (
                Test("overconfidence", "above", "On the text it loses far more than it expects to: it is sure, and wrong."),
                Test("confidence", "above", "Nearly all of the probability goes to one word."),
                Test("greedy_distinct", "below", "Whatever the prompt, it replies the same."),
                Test("copy_share", "below", ""),
                Test("vocabulary", "above", ""),
            ),
        ),
        Signature(
            "sure",
            (
                Test("confidence", "above", "Nearly all of the probability goes to one word."),
                Test("entropy_share", "below", "Of the doubt that a vocabulary of this size allows hardly any is left."),
                Test("greedy_distinct", "below", "Whatever the prompt, it replies the same."),
                Test("copy_share", "below", ""),
                Test("gates_shut", "below", ""),
                Test("vocabulary", "above", ""),
                Test("overconfidence", "above", ""),
            ),
            strength=0.8,
        ),
    ),
)

RATE = Rule(
    "learning-rate-too-high",
    "Steps too long have thrown the weights so far that gates stand shut or open and move no more.",
    (
        Signature(
            "thrown",
            (
                Test("weight_size", "above", "The recurrent weights are far larger than training usually makes them."),
                Test("weight_maximum", "above", "The largest of them is many times what it can be at the beginning."),
            ),
        ),
        Signature("shut", (Test("gates_shut", "above", "Most input or forget gates are shut whatever is read."),), strength=0.9),
    ),
)

OVERFIT = Rule(
    "overfit",
    "The net knows its training text by heart: what it says is fluent and taken from there, and on other text it is sure and wrong.",
    (
        Signature(
            "sure-of-its-text",
            (
                Test("overconfidence", "above", "On the text it loses far more than it expects to: it knows another text too well."),
                Test("greedy_distinct", "above", "Different prompts get different replies: it has not collapsed."),
                Test("copy_share", "below", ""),
                Test("gates_shut", "below", ""),
            ),
        ),
        Signature(
            "beyond-pairs",
            (
                Test("beyond_pairs", "above", "It predicts the text far better than anyone could who had not learnt it by heart."),
                Test("greedy_distinct", "above", "Different prompts get different replies: it has not collapsed."),
                Test("copy_share", "below", ""),
            ),
            strength=0.9,
        ),
        Signature(
            "recites",
            (
                Test("sampled_certainty", "above", "Its own speech leaves it hardly in doubt about the next word: it recites."),
                Test("confidence", "above", "Even after words that make no sense together it is sure of its first choice."),
                Test("greedy_distinct", "above", "Different prompts get different replies: it has not collapsed."),
                Test("copy_share", "below", ""),
                Test("overconfidence", "above", ""),
            ),
            strength=0.95,
        ),
    ),
)

STOPPED = Rule(
    "stopped-early",
    "Every net first learns how frequent words are, and only then what follows what: this one was stopped before.",
    (
        Signature(
            "as-begun",
            (
                Test(
                    "distance_from_init",
                    "below",
                    "The LSTM weights are still spread as PyTorch draws them: training has hardly moved them.",
                ),
                Test("weight_width", "above", "They have the usual size."),
                Test("prompt_sensitivity", "below", "What it says hardly depends on what it read."),
                Test("weight_maximum", "below", "None of them has gone far from where it was drawn."),
                Test("embedding_cosine", "below", ""),
                Test("confidence", "below", ""),
            ),
            strength=0.9,
        ),
        Signature(
            "learns-on",
            (
                Test("train_on_gain", "above", "A few steps more and it predicts the text better: it was not done learning."),
                Test("weight_width", "above", "The weights have the usual size."),
                Test("confidence", "below", ""),
            ),
            strength=0.85,
        ),
        Signature(
            "otherwise",
            (
                Test("weight_maximum", "below", "No weight has gone far."),
                Test("weight_width", "above", "The weights have the usual size."),
                Test("prompt_sensitivity", "below", "What it says hardly depends on what it read, and nothing else explains it."),
                Test("confidence", "below", ""),
            ),
            strength=0.6,
        ),
    ),
)
