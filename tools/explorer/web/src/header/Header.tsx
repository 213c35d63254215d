import { useEffect } from "react";
import { countOf, label } from "../core/filter";
import { useExplorer } from "../core/store";
import { remember } from "../core/theme";
import type { View } from "../core/types";
import "./header.css";
import { Search } from "./Search";

const VIEWS: { view: View; title: string }[] = [
  { view: "both", title: "Both" },
  { view: "map", title: "Map" },
  { view: "umap", title: "Look-alikes" },
];

export function Header() {
  return (
    <header className="app-header header">
      <h1 className="header-title">Look-alike places</h1>
      <Search />
      <FilterChip />
      <Selection />
      <div className="header-tools">
        <ViewChoice />
        <ThemeButton />
        <HelpButton />
      </div>
    </header>
  );
}

function FilterChip() {
  const places = useExplorer((state) => state.places)!;
  const filter = useExplorer((state) => state.filter);
  const setFilter = useExplorer((state) => state.setFilter);
  if (!filter) return null;
  const name = label(places, filter);
  const tiles = countOf(places, filter).toLocaleString("en");
  return (
    <span className="header-chip" data-testid="filter">
      {name} · {tiles} tiles
      <button
        type="button"
        aria-label={`Show all the world, not only ${name}`}
        onClick={() => setFilter(null)}
      >
        ×
      </button>
    </span>
  );
}

function Selection() {
  const selected = useExplorer((state) => state.selected);
  const select = useExplorer((state) => state.select);
  return (
    <span className="header-selection" data-testid="selection">
      {selected === null ? "0 selected" : "1 selected"}
      {selected !== null && (
        <button type="button" aria-label="Clear the selection" onClick={() => select(null, "list")}>
          Clear
        </button>
      )}
    </span>
  );
}

function ViewChoice() {
  const view = useExplorer((state) => state.view);
  const setView = useExplorer((state) => state.setView);
  return (
    <div className="header-views" role="group" aria-label="What is shown">
      {VIEWS.map(({ view: one, title }) => (
        <button
          key={one}
          type="button"
          data-view={one}
          aria-pressed={view === one}
          onClick={() => setView(one)}
        >
          {title}
        </button>
      ))}
    </div>
  );
}

function ThemeButton() {
  const theme = useExplorer((state) => state.theme);
  const setTheme = useExplorer((state) => state.setTheme);
  const other = theme === "dark" ? "light" : "dark";
  const turn = () => {
    remember(other);
    setTheme(other);
  };
  return (
    <button
      type="button"
      aria-label={`Change to ${other} colours`}
      title={`${other} colours`}
      onClick={turn}
    >
      <span aria-hidden="true">{theme === "dark" ? "☀" : "☾"}</span>
    </button>
  );
}

function HelpButton() {
  const setHelpOpen = useExplorer((state) => state.setHelpOpen);
  useEffect(() => {
    const asked = (event: KeyboardEvent) => {
      const typing = (event.target as Element).closest?.(
        "input, textarea, select, [contenteditable]",
      );
      if (event.key === "?" && !typing && !event.ctrlKey && !event.metaKey && !event.altKey)
        setHelpOpen(true);
    };
    addEventListener("keydown", asked);
    return () => removeEventListener("keydown", asked);
  }, [setHelpOpen]);
  return (
    <button type="button" aria-haspopup="dialog" title="Help (?)" onClick={() => setHelpOpen(true)}>
      Help
    </button>
  );
}
