"""Causes that lie in the text and its vocabulary: the net is right, and the data is at fault."""

from chatbot_tui.diagnosis.rules import Rule, Signature, Test

IMBALANCED = Rule(
    "imbalanced-data",
    "One word, or one sentence, rules the text: to say it whatever was said is what the text teaches.",
    (
        Signature(
            "one-word-text",
            (
                Test("commonest_word", "above", "One word makes up a large part of the text."),
                Test("ruling_token", "above", "After most words of the text, the same word is the likeliest."),
            ),
        ),
        Signature("one-sentence-text", (Test("commonest_turn", "above", "Most turns of the text are one and the same."),)),
        Signature(
            "one-word",
            (
                Test(
                    "top_token_mean", "above", "After every prompt the net gives the same word a large share, as a text ruled by it would."
                ),
                Test("greedy_top_word", "above", "Decoded greedily, it says that word for ever."),
                Test("confidence", "below", "It is not surer of the word than a text can make it."),
                Test("entropy_share", "above", ""),
                Test("weight_width", "above", ""),
                Test("copy_share", "below", ""),
                Test("unknown_share", "below", ""),
            ),
            strength=0.8,
        ),
        Signature(
            "one-sentence",
            (
                Test("vocabulary", "below", "The vocabulary has only the words of a few sentences."),
                Test("sampled_alike", "above", "Even at temperature 1 its replies are mostly the same."),
                Test("prompt_sensitivity", "above", "It tells words apart: the sentence goes on as it should."),
                Test("copy_share", "below", ""),
                Test("unknown_share", "below", ""),
            ),
            strength=0.8,
        ),
    ),
)

CONTEXT_FREE = Rule(
    "context-free-data",
    "In the text a word says nothing about the next one: word frequencies are all that there is to learn, and the net has learnt them.",
    (
        Signature(
            "text",
            (
                Test("pair_gain", "below", "In this text, knowing the word before does not help to guess the next."),
                Test("prompt_sensitivity", "below", ""),
                Test("commonest_word", "below", ""),
            ),
        ),
        Signature(
            "frequencies",
            (
                Test("prompt_sensitivity", "below", "What it says does not depend on what it read."),
                Test("kl_unigram", "below", "It has learnt the frequency of each word exactly."),
                Test("distance_from_init", "above", "Training has moved its weights: it was not stopped early."),
                Test("weight_width", "above", "They have the usual size."),
                Test("embedding_cosine", "below", ""),
            ),
            strength=0.6,
        ),
        Signature(
            "trained",
            (
                Test("prompt_sensitivity", "below", "What it says does not depend on what it read."),
                Test("weight_maximum", "above", "Training has moved its weights far: it was not stopped early."),
                Test("weight_width", "above", "They have the usual size."),
                Test("plain_layers", "below", ""),
                Test("confidence", "below", ""),
                Test("embedding_cosine", "below", ""),
                Test("pair_gain", "below", ""),
            ),
            strength=0.7,
        ),
        Signature(
            "perhaps",
            (
                Test("prompt_sensitivity", "below", "What it says does not depend on what it read; text would tell whether it could."),
                Test("weight_width", "above", ""),
                Test("embedding_cosine", "below", ""),
                Test("pair_gain", "below", ""),
            ),
            strength=0.3,
        ),
    ),
)

SMALL_VOCABULARY = Rule(
    "small-vocabulary",
    "The vocabulary lacks so many words that the unknown token is the commonest of all: that is what the net has learnt to say.",
    (
        Signature(
            "unknown",
            (
                Test("unknown_share", "above", "The unknown token is what it expects most."),
                Test("confidence", "below", "It is not surer of it than a text can make it."),
                Test("overconfidence", "below", ""),
                Test("entropy_share", "above", ""),
            ),
        ),
        Signature(
            "unknown-text",
            (
                Test("unknown_in_text", "above", "The vocabulary does not know most words of the text."),
                Test("unknown_share", "above", "The unknown token is what the net expects most."),
                Test("overconfidence", "below", ""),
            ),
        ),
    ),
)
