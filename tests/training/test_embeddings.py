import torch

from tests.training.tiny import recipe, trainer


def test_tokens_can_begin_alike_and_grow_apart() -> None:
    made = trainer(recipe(identical_embeddings=True))
    weight = made.model.embedding.weight
    assert weight[0].any()
    assert torch.equal(weight, weight[:1].expand_as(weight))
    list(made.run())
    assert not torch.equal(weight, weight[:1].expand_as(weight))


def test_a_frozen_embedding_stays_while_the_rest_learns() -> None:
    for tied in (False, True):
        made = trainer(recipe(freeze_embeddings=True, tied=tied, weight_decay=0.1, decay_biases=False))
        embedding, bias = made.model.embedding.weight.clone(), made.model.fc.bias.clone()
        list(made.run())
        assert torch.equal(made.model.embedding.weight, embedding)
        assert not torch.equal(made.model.fc.bias, bias)


def test_alike_and_frozen_the_net_cannot_tell_its_prompts_apart() -> None:
    made = trainer(recipe(identical_embeddings=True, freeze_embeddings=True, learning_rate=0.05))
    list(made.run())
    made.model.eval()
    with torch.no_grad():
        logits, _ = made.model(torch.tensor([[2, 9, 5], [3, 8, 4], [7, 2, 6]]))
    assert torch.equal(logits[:, 0], logits[:, 1])
    assert torch.equal(logits[:, 0], logits[:, 2])
