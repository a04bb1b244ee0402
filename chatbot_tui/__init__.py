"""A playground for conversational LSTMs: chat, look inside, see collapse happen. Imports nothing."""

__version__ = "0.1.0"
