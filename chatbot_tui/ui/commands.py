"""Lists every action that has a name, for the palette and the help alike, so that neither can forget one."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from textual.binding import Binding
from textual.command import DiscoveryHit, Hit, Hits, Provider
from textual.dom import DOMNode
from textual.keys import format_key
from textual.screen import Screen


@dataclass(frozen=True)
class NamedAction:
    """Something a person can do."""

    node: DOMNode
    """Whose action it is."""
    binding: Binding

    @property
    def title(self) -> str:
        """What it does, in a word or two."""
        return self.binding.description

    @property
    def help(self) -> str:
        """What it does, in a line."""
        return self.binding.tooltip

    def keys(self, keymap: Mapping[str, str]) -> str:
        """Return the key that does it now, in readable form; of several, the first."""
        return readable(keymap.get(self.binding.id or "", self.binding.key).split(",")[0])


def named_actions(screen: Screen[Any]) -> Iterator[NamedAction]:
    """Return every binding with an id, of the app, the screen and all in it, each once and in the order of their classes."""
    seen: set[str] = set()
    for node in (screen, *screen.walk_children(), screen.app):
        for known in type(node).__mro__:
            for binding in known.__dict__.get("BINDINGS", ()):
                if isinstance(binding, Binding) and binding.id and binding.id not in seen:
                    seen.add(binding.id)
                    yield NamedAction(node, binding)


def readable(key: str) -> str:
    """Return a key as people write it."""
    *modifiers, last = key.strip().split("+")
    return "+".join([*modifiers, format_key(last)])


ELSEWHERE = ("conversations-", "doctor-", "import-", "lab-", "library-")
"""How the names of actions begin that belong to screens other than the chat."""


def keymap_problems(keymap: Mapping[str, str], actions: Iterable[NamedAction]) -> list[str]:
    """Return what is wrong with the keys of the settings: names of no action, and keys that two actions would have."""
    keys = {action.binding.id or "": keymap.get(action.binding.id or "", action.binding.key) for action in actions}
    problems = [f"no action is called {name!r}" for name in keymap if name not in keys and not name.startswith(ELSEWHERE)]
    takers: dict[str, list[str]] = {}
    for name, several in keys.items():
        for key in several.split(","):
            takers.setdefault(key.strip(), []).append(name)
    shared = {key: names for key, names in takers.items() if len(names) > 1 and not keymap.keys().isdisjoint(names)}
    return problems + [f"{readable(key)} is the key of {' and '.join(names)}" for key, names in shared.items()]


class ActionProvider(Provider):
    """Puts every named action of the screen into the palette."""

    async def discover(self) -> Hits:
        """Yield every action."""
        for action in named_actions(self.screen):
            yield DiscoveryHit(action.title, partial(self._run, action), help=action.help)

    async def search(self, query: str) -> Hits:
        """Yield the actions whose title or explanation matches."""
        matcher = self.matcher(query)
        for action in named_actions(self.screen):
            score = max(matcher.match(action.title), matcher.match(action.help) * 0.5)
            if score > 0:
                yield Hit(score, matcher.highlight(action.title), partial(self._run, action), text=action.title, help=action.help)

    async def _run(self, action: NamedAction) -> None:
        await self.app.run_action(action.binding.action, default_namespace=action.node)
