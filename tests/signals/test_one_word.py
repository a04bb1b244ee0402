import torch

from chatbot_tui.core.judgement import ONE_WORD, SAME_REPLY
from chatbot_tui.signals.one_word import greedy_replies, says_one_word
from tests.nets import tiny_checkpoint, word_tokenizer

PROMPTS = torch.arange(12).reshape(3, 4) % 8


def test_greedy_replies_are_the_likeliest_tokens_one_at_a_time() -> None:
    model = tiny_checkpoint(word_tokenizer()).model
    replies = greedy_replies(model, PROMPTS, [], tokens=5)
    for prompt, reply in zip(PROMPTS.T, replies, strict=True):
        read = prompt.tolist()
        for token in reply:
            # The whole text afresh, on its own: neither the state that is carried nor the others beside it may matter.
            hidden, _ = model.hidden(torch.tensor(read)[:, None])
            assert token == int(model.fc(hidden[-1, 0]).argmax())
            read.append(token)


def test_a_banned_token_is_never_said() -> None:
    model = tiny_checkpoint(word_tokenizer()).model
    model.fc.bias[5] = 100.0
    assert greedy_replies(model, PROMPTS, []) == ((5,) * 48,) * 4
    assert all(5 not in reply for reply in greedy_replies(model, PROMPTS, [5]))


def test_one_word_means_nearly_always_and_to_nearly_everybody() -> None:
    assert says_one_word([[7] * 48] * 32)
    others = [[7] * 47 + [number] for number in range(32)]
    # 47 of 48 words are the same, and yet no two replies are.
    assert ONE_WORD < 47 / 48
    assert not says_one_word(others)
    assert SAME_REPLY >= 2 / 32
    assert says_one_word([*others[:1], *[[7] * 48] * 31])
    assert not says_one_word([[7, 8] * 24] * 32)
