"""Help: every key as it is now, and what the panels mean."""

from collections.abc import Sequence
from typing import ClassVar

from rich.table import Table
from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.screen import ModalScreen
from textual.widgets import Static

from chatbot_tui.core.lab import INTERVENTIONS

HARM, REMEDY = (
    ", ".join(f"{key} {entry.title}" for key, entry in enumerate(INTERVENTIONS, 1) if entry.remedy == remedy) for remedy in (False, True)
)

WORDS = (
    (
        "in short",
        "You type, and a small LSTM answers one token at a time: it gives every token that it knows a score, the scores become "
        "probabilities, and one token is drawn. A net has collapsed when what you type changes nothing, and it says “the the the”.",
    ),
    (
        "token",
        "A word, a part of one or a sign; ␣ is the space before it. <eot>, or another end token, ends a turn: it is drawn as ∎.",
    ),
    (
        "nat",
        "The unit of surprise, -ln p: 0 is certain, .69 a coin's toss, 4.6 one chance in a hundred. The surprisal of a token is its own; "
        "the entropy is what the net expects of the next, and so how undecided it is. Perplexity is e to the nats.",
    ),
    (
        "LSTM",
        "A net that reads token after token and has to keep all that it remembers in its state: c is what it stores, h what it shows of "
        "it. Its gates say how much is let in (i), kept (f) and shown (o); g is what there is to let in. Each layer has its own.",
    ),
)
"""What has to be known to read the rest."""
PANELS = (
    (
        "chat",
        "Each word of the bot is the bluer, the likelier the net found it. Your own words are the more orange, the more they surprised it. "
        "Walk through the bot's words with left and right: every panel then shows that very word.",
    ),
    (
        "next token",
        "The net gives every word of its vocabulary a score (logit). Softmax turns scores into probabilities: the bars under “model”. "
        "Sampling then cuts and reshapes them, and a random number u picks one. Tokens that were cut are struck out; “same u” tells what "
        "other strategies would have drawn. ◆ is a word that you watch (ctrl+\\), with its probability and its rank.",
    ),
    (
        "hidden state",
        "What the LSTM remembers: the length of h and c in each layer, how much h moved with this word, "
        "how far its gates are open, and a map of where h travels. “sat” is how many of its gates are open or shut all the way. "
        "A state that stops moving is a net that repeats itself.",
    ),
    (
        "collapse",
        "Whether the reply goes round in circles, since which word, and who is to blame: the net, which then says the same to anything, "
        "or the decoder, which always takes the likeliest word. Prompt sensitivity is how far apart the next word's odds lie after "
        "different prompts, KL to unigram how far they lie from mere word frequencies.",
    ),
    (
        "sampling",
        "How a word is chosen. Greedy takes the likeliest. Temperature flattens or sharpens. "
        "Top-k, top-p and min-p cut the unlikely, typical what is unlike the average surprise, mirostat whatever makes surprise uneven. "
        "A change governs the very next word.",
    ),
    (
        "re-ranking",
        "With two candidates or more, so many replies are drawn at once, and one is said: the one that your words make likelier than it is "
        "anywhere (pointwise mutual information). “Here” is ln p of the reply after the dialogue, “alone” after nothing; an answer to "
        "everything, such as “I don't know”, loses by the second. Then it is spoken word by word, from the same random numbers.",
    ),
    (
        "your own net",
        "alt+o opens a file that another program saved, and so does dragging it onto the chat. You see what each tensor was taken for, "
        "correct it where it is wrong, try a sentence, and keep the net. Nothing in the file is ever run.",
    ),
    (
        "doctor",
        "f10 examines the loaded net: 32 prompts, answered greedily and at temperature 1, and the weights themselves. t gives it text to "
        "read, which makes every answer surer. Memorised, generic, looping and collapsed are verdicts on the net; that only greedy "
        "decoding loops is none of its fault. Unknown means that the signals fit no cause, or contradict each other.",
    ),
    (
        "findings",
        "The likeliest cause, what to do about it, and the evidence: each number beside its threshold. Enter opens the laboratory with "
        "the recipe that shows the cause and the change that mends it.",
    ),
    (
        "signals",
        "Every number that was measured, as a gauge: the line is where healthy nets lie, the hatching where collapsed ones do, the upright "
        "stroke is the threshold. Up and down say of each what it is and why it matters.",
    ),
    (
        "hidden states",
        "Each dot is the state after one prompt, seen along the two directions in which they differ most. One heap: the net remembers "
        "nothing of what it read. Many: it tells prompts apart.",
    ),
    (
        "laboratory",
        "Small nets learn here while you watch. Recipes with ◆ put a cause or a mistake in; whether the net collapses of it is for you "
        "to see. Below a recipe stand those that differ from it in one thing only: f6 trains two side by side, with the same seed on the "
        "same text, and marks with ≠ the first report in which they differ.",
    ),
    (
        "loss",
        "How badly the net is surprised by the next word, in nats: on text kept aside from training, and as dots on the text it trains "
        "on. Three levels to compare with: ln V is guessing among all V words of the vocabulary, unigram is knowing how frequent each "
        "word is, bigram is knowing which word follows which. ▼ is where you look, a number or k is where you laid hands on the net.",
    ),
    (
        "phases",
        "What the net knows, told from the loss. Uniform: hardly anything. Unigram: how frequent words are, so it says only the most "
        "frequent one. Bigram: it has begun to learn pairs. Context: it is better than a table of pairs, because it remembers more than "
        "one word. A healthy net passes through all four; a collapsed one stays in unigram.",
    ),
    (
        "probe",
        "What the net would say next to one prompt, likeliest first; ▲ and ▼ tell what has risen or fallen since the report before. "
        "Below, its greedy reply, newest first, a line for every change.",
    ),
    (
        "inside",
        "Prompt sensitivity is how much the next word depends on what was read; ! marks a net that is deaf to it. KL to unigram is how far "
        "the next word's odds are from mere frequencies. For each layer: how far h lies apart after unlike prompts (0: always the same), "
        "how long h is, and how many gates are below .1 or above .9. Many are in a healthy net too.",
    ),
    (
        "knobs",
        "The recipe's settings; changed ones are marked. The optimiser's and dropout reach a run under way with enter, the others count "
        "from the next start on. “text” takes files of your own.",
    ),
    (
        "interventions",
        f"Number keys lay hands on the net between two steps. To harm it: {HARM}. To help it: {REMEDY}. The line on top says exactly what "
        "was done.",
    ),
)
"""What each panel shows, for someone who sees it for the first time."""


class HelpScreen(ModalScreen[None]):
    """Shows the words that one needs, keys as (keys, title, explanation), the panels, and by which names keys are moved.

    `names` are the names of actions in the settings file, `settings` is where that lies.
    """

    CSS_PATH = "help.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape,f1,q", "dismiss(None)", "Close", show=False)]
    AUTO_FOCUS = "#help"

    def __init__(self, keys: Sequence[tuple[str, str, str]], names: Sequence[str], settings: str) -> None:
        super().__init__()
        self._keys = keys
        self._names = names
        self._settings = settings

    def compose(self) -> ComposeResult:
        """Lay out everything in one column."""
        with VerticalScroll(id="help"):
            yield Static(self.text())

    def on_mount(self) -> None:
        """Say how to leave."""
        box = self.query_one("#help")
        box.border_title = "help"
        box.border_subtitle = "up and down scroll · esc closes"

    def text(self) -> Table:
        """Return everything, in columns that wrap on their own."""
        table = Table.grid(padding=(0, 2))
        table.add_column(justify="right", no_wrap=True)
        table.add_column()
        for name, meaning in WORDS:
            table.add_row(Text(name, "bold"), Text(f"{meaning}\n"))
        for keys, title, explanation in self._keys:
            table.add_row(Text(keys, "bold"), Text.assemble(title, (f" · {explanation}", "dim")))
        table.add_row("", Text("Everything is in the palette too. How keys are moved stands at the end.\n", "italic"))
        for name, meaning in PANELS:
            table.add_row(Text(name, "bold"), Text(f"{meaning}\n"))
        table.add_row(Text("other keys", "bold"), Text(self._moving()))
        return table

    def _moving(self) -> str:
        """Return how a key is given to an action."""
        return (
            f'Write lines such as library = "f4" under [keymap] in {self._settings}, and start anew. Of two actions with one key only '
            f"one is done. The actions of this screen: {', '.join(self._names)}."
        )
