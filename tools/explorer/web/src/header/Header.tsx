import { useEffect, useRef, type RefObject } from "react";
import { countOf, label } from "../core/filter";
import { useNarrow } from "../core/narrow";
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

type Field = RefObject<HTMLInputElement | null>;

export function Header() {
  const field = useRef<HTMLInputElement>(null);
  return (
    <header className="app-header header">
      <h1 className="header-title">Look-alike places</h1>
      <Search field={field} />
      <FilterChip field={field} />
      <Selection field={field} />
      <div className="header-tools">
        <ViewChoice />
        <ThemeButton />
        <HelpButton />
      </div>
    </header>
  );
}

function FilterChip({ field }: { field: Field }) {
  const places = useExplorer((state) => state.places)!;
  const filter = useExplorer((state) => state.filter);
  const setFilter = useExplorer((state) => state.setFilter);
  if (!filter) return null;
  const name = label(places, filter);
  const remove = () => {
    setFilter(null);
    field.current?.focus(); // the button goes with the chip, and the focus must not
  };
  return (
    <span className="header-chip" data-testid="filter">
      <span>
        {name} · {counted(countOf(places, filter))}
      </span>
      <button type="button" aria-label={`Show all the world, not only ${name}`} onClick={remove}>
        ×
      </button>
    </span>
  );
}

function Selection({ field }: { field: Field }) {
  const selected = useExplorer((state) => state.selected);
  const select = useExplorer((state) => state.select);
  const clear = () => {
    select(null, "list");
    field.current?.focus();
  };
  return (
    <span className="header-selection" data-selected={selected === null ? 0 : 1}>
      <span data-testid="selection">{counted(selected === null ? 0 : 1)} selected</span>
      {selected !== null && (
        <button type="button" aria-label="Clear the selection" onClick={clear}>
          Clear
        </button>
      )}
    </span>
  );
}

function ViewChoice() {
  const view = useExplorer((state) => state.view);
  const setView = useExplorer((state) => state.setView);
  const narrow = useNarrow();
  const shown = narrow && view === "both" ? "map" : view;
  return (
    <div className="header-views" role="group" aria-label="What is shown">
      {VIEWS.filter(({ view: one }) => !narrow || one !== "both").map(({ view: one, title }) => (
        <button key={one} type="button" aria-pressed={shown === one} onClick={() => setView(one)}>
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
      className="header-icon"
      title={other === "dark" ? "Dark colours" : "Light colours"}
      onClick={turn}
    >
      {theme === "dark" ? <Sun /> : <Moon />}
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

function Sun() {
  return (
    <svg viewBox="0 0 20 20" aria-hidden="true">
      <circle cx="10" cy="10" r="3.5" />
      <path d="M10 1.5v2.5M10 16v2.5M1.5 10H4M16 10h2.5M4 4l1.8 1.8M14.2 14.2 16 16M4 16l1.8-1.8M14.2 5.8 16 4" />
    </svg>
  );
}

function Moon() {
  return (
    <svg viewBox="0 0 20 20" aria-hidden="true">
      <path d="M16.5 12.2A7 7 0 0 1 7.8 3.5a7 7 0 1 0 8.7 8.7z" />
    </svg>
  );
}

function counted(tiles: number): string {
  return `${tiles.toLocaleString("en")} ${tiles === 1 ? "tile" : "tiles"}`;
}
