"""Text for the collapse laboratory that everybody has: the article's sentences, and small talk from a grammar.

The small talk of seed 0 has 2,410 conversations, 21,986 turns, 300,117 words and 1,190 word types (lower-cased, contractions
whole), 814 of them said 20 to 200 times. "the" is 7.1 % of the words, 2.4 times as frequent as "and". 93 % of the turns and
86 % of the sentences are distinct.

Entropies, by counting: a word alone 5.72 nats; a token of the stream with its ends of turns 5.56 nats, after one token 2.94 nats,
after two 1.43 nats (the last is too low: most pairs are rare). On 30,000 further words, with Witten-Bell smoothing: unigrams
5.56 nats, bigrams 3.05 nats, trigrams 1.75 nats a token. An answer depends on what was told turns before: names, days, animals,
towns and opinions come back, many of them after another topic.
"""
