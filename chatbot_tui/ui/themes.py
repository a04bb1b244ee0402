"""Our two themes: blue for what the net is sure of, orange for what a person said and what surprises."""

from textual.theme import Theme

DARK = Theme(
    name="chatbot-dark",
    primary="#3b8eea",
    secondary="#f0a04b",
    accent="#f0a04b",
    warning="#f0a04b",
    error="#e8743b",
    success="#5aa9ff",
    foreground="#dde3ea",
    background="#11151b",
    surface="#1a2028",
    panel="#202833",
    dark=True,
)
LIGHT = Theme(
    name="chatbot-light",
    primary="#1f6fc4",
    secondary="#b35c00",
    accent="#b35c00",
    warning="#b35c00",
    error="#a83a00",
    success="#1f6fc4",
    foreground="#1d232b",
    background="#fbfaf7",
    surface="#f0eee9",
    panel="#e6e3dc",
    dark=False,
)
THEMES = (DARK, LIGHT)
