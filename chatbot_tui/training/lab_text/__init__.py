"""Text for the collapse laboratory that everybody has: the article's sentences, and small talk from a grammar."""
