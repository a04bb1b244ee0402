"""Causes that the weights and the shape of the net give away."""

from chatbot_tui.diagnosis.rules import Rule, Signature, Test

NEAR_ZERO = Rule(
    "near-zero-init",
    "The weights began almost at zero, and training has not parted them: every unit does nearly the same, and the state holds nothing of "
    "what was read.",
    (
        Signature(
            "scar",
            (
                Test("positive_fraction", "above", "Nearly all recurrent weights are positive, as drawing them from U(0, s) leaves them."),
                Test("stable_rank", "below", "The recurrent matrix has about one direction: all its rows say the same."),
                Test("hidden_units", "above", ""),
            ),
        ),
        Signature(
            "one-direction",
            (
                Test("stable_rank", "below", "The recurrent matrix has one direction only: training made it out of almost nothing."),
                Test("weight_width", "below", "Even the widest LSTM matrix is narrower than a usual initialiser makes it."),
                Test("embedding_zeros", "below", "The embeddings are as they were drawn: no weight decay has pulled them to zero."),
                Test("embedding_size", "above", "The embeddings have kept their size."),
                Test("hidden_units", "above", ""),
            ),
            strength=0.9,
        ),
        Signature(
            "tiny",
            (
                Test("weight_width", "below", "Even the widest LSTM matrix is far narrower than a usual initialiser makes it."),
                Test(
                    "bias_width", "below", "The biases are as small as the weights: they began small, nothing pulled at the weights alone."
                ),
                Test("embedding_zeros", "below", "The embeddings are as they were drawn: no weight decay has pulled them to zero."),
                Test("embedding_size", "above", "The embeddings have kept their size."),
            ),
        ),
    ),
)

DECAYED = Rule(
    "over-decayed",
    "Weight decay pulls the weights to zero faster than the text pulls them away: what was read no longer reaches the output, and the "
    "biases alone say how frequent each word is.",
    (
        Signature(
            "weights",
            (
                Test("weight_width", "below", "Even the widest LSTM matrix is far narrower than a usual initialiser makes it."),
                Test("bias_width", "above", "The biases are of the usual size: the weights alone were pulled to zero."),
                Test("positive_fraction", "below", ""),
                Test("confidence", "below", ""),
            ),
        ),
        Signature(
            "one-by-one",
            (
                Test("weight_width", "below", "Even the widest LSTM matrix is far narrower than a usual initialiser makes it."),
                Test("embedding_zeros", "above", "Many values of the embedding lie at zero, where decay has brought them one by one."),
                Test("positive_fraction", "below", ""),
                Test("confidence", "below", ""),
            ),
        ),
        Signature(
            "all",
            (
                Test("weight_width", "below", "Even the widest LSTM matrix is far narrower than a usual initialiser makes it."),
                Test("embedding_size", "below", "The embeddings have shrunk to nothing too: decay pulled at everything."),
                Test("confidence", "below", ""),
            ),
        ),
    ),
)

INDISTINGUISHABLE = Rule(
    "indistinguishable-tokens",
    "All tokens have nearly the same vector: the net cannot tell what it reads, so it can know nothing but how frequent words are.",
    (Signature("alike", (Test("embedding_cosine", "above", "The embeddings of any two tokens point the same way."),)),),
)

DEEP = Rule(
    "deep-stack",
    "Each plain LSTM layer hands on less of the input than it got: at the top of the stack nothing of it is left.",
    (
        Signature(
            "fading",
            (
                Test("plain_layers", "above", "Three layers or more without residual connections."),
                Test("variance_fading", "below", "From each layer to the next, the state depends less on what was read."),
                Test("prompt_sensitivity", "below", "At the top hardly anything of the prompt is left."),
                Test("weight_width", "above", "The weights themselves have the usual size."),
                Test("confidence", "below", ""),
            ),
        ),
        Signature(
            "many-layers",
            (
                Test("plain_layers", "above", "So many layers without residual connections seldom learn more than word frequencies."),
                Test("prompt_sensitivity", "below", "At the top hardly anything of the prompt is left."),
                Test("weight_width", "above", "The weights themselves have the usual size."),
                Test("confidence", "below", ""),
            ),
            strength=0.75,
        ),
    ),
)

TINY = Rule(
    "tiny-hidden",
    "The hidden state has too few units for its vocabulary: it leaves the phase of word frequencies late, and ends in a few phrases.",
    (
        Signature(
            "few-units",
            (
                Test("hidden_units", "below", "The hidden state has only a few units."),
                Test("vocabulary", "above", "The vocabulary is far larger than the state can tell apart."),
                Test("weight_width", "above", "The weights have the usual size: training has used what there is."),
                Test("beyond_pairs", "below", ""),
            ),
            strength=0.9,
        ),
    ),
)
