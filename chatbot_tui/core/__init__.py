"""The nouns that every layer shares. No tensors and no widgets."""
