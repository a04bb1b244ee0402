"""Shows the inspecting panels all at once where there is room, else one at a time under tabs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.containers import Vertical
from textual.message import Message
from textual.reactive import reactive
from textual.widget import Widget

if TYPE_CHECKING:
    from textual.widgets import Tabs


class PanelDeck(Vertical):
    """A column of panels, empty until panels are added. `titles` names the tabs in the order of the panels."""

    tabbed: reactive[bool] = reactive(False, init=False)
    """Whether only one panel is shown, under tabs."""

    def __init__(self, *, titles: tuple[str, ...], id: str | None = None) -> None:  # noqa: A002 (Textual's own name)
        super().__init__(id=id)
        self._panels: tuple[Widget, ...] = ()
        self._titles = titles
        self._shown = 0

    async def fill(self, *panels: Widget) -> None:
        """Put everything in at once."""
        for panel in panels:
            await self.add(panel)
        await self.add_tabs()

    async def add(self, panel: Widget) -> None:
        """Put the next panel in."""
        self._panels += (panel,)
        self._arrange()
        await self.mount(panel)

    async def add_tabs(self) -> None:
        """Put the tabs in; the stylesheet docks them on top."""
        from textual.widgets import Tab, Tabs

        tabs = Tabs(*(Tab(title, id=f"show-{number}") for number, title in enumerate(self._titles)))
        tabs.tooltip = "Choose a panel with left and right, or with the mouse"
        await self.mount(tabs)

    @property
    def shown(self) -> str:
        """Title of the panel whose tab is active."""
        return self._titles[self._shown]

    def watch_tabbed(self) -> None:
        """Show what there is room for."""
        self._arrange()

    def on_inspector_roused(self, event: Message) -> None:
        """Make room for a panel that has something to show, or take it back."""
        event.stop()
        self._arrange()

    def on_tabs_tab_activated(self, event: Tabs.TabActivated) -> None:
        """Bring the chosen panel forward."""
        event.stop()
        self._shown = int((event.tab.id or "show-0").removeprefix("show-"))
        self._arrange()

    def next_panel(self) -> None:
        """Bring the next panel forward, the first after the last."""
        if not self._panels or not self.query("Tabs"):
            return
        self._tabs.active = f"show-{(self._shown + 1) % len(self._panels)}"

    def show_panel(self, title: str) -> None:
        """Bring one panel forward, so that it can have the focus at once."""
        self._shown = self._titles.index(title)
        self._arrange()
        if self.query("Tabs"):
            self._tabs.active = f"show-{self._shown}"

    @property
    def _tabs(self) -> Tabs:
        from textual.widgets import Tabs

        return self.query_one(Tabs)

    def _arrange(self) -> None:
        self.set_class(self.tabbed, "-tabbed")
        self.set_class(any(getattr(panel, "OCCASIONAL", False) and not getattr(panel, "idle", False) for panel in self._panels), "-crowded")
        focused = self.screen.focused
        for number, panel in enumerate(self._panels):
            panel.display = number == self._shown if self.tabbed else not getattr(panel, "idle", False)
            if focused is not None and not panel.display and focused in panel.walk_children(with_self=True):
                self._tabs.focus()
