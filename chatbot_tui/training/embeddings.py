"""What is done to a new net's embedding on purpose: all tokens alike, or never trained."""

import torch

from chatbot_tui.model.lstm import LanguageModel
from chatbot_tui.training.recipes import Recipe


@torch.no_grad()
def prepare_embedding(recipe: Recipe, model: LanguageModel) -> None:
    """Give every token the first one's vector, and keep the embedding from being trained, where the recipe says so."""
    weight = model.embedding.weight
    if recipe.identical_embeddings:
        weight.copy_(weight[:1].expand_as(weight).clone())
    weight.requires_grad_(not recipe.freeze_embeddings)
