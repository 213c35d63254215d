import { useEffect, useId, useRef, useState, type KeyboardEvent, type RefObject } from "react";
import { find, type Found } from "../core/search";
import { useExplorer } from "../core/store";

/** A combobox after the WAI-ARIA pattern: focus stays in the field, and the list follows the arrows. */
export function Search({ field }: { field: RefObject<HTMLInputElement | null> }) {
  const places = useExplorer((state) => state.places)!;
  const setFilter = useExplorer((state) => state.setFilter);
  const [text, setText] = useState("");
  const [open, setOpen] = useState(false);
  const [at, setAt] = useState(0);
  const root = useRef<HTMLDivElement>(null);
  const id = useId();
  const found = find(places, text);
  const shown = open && text.trim() !== "";
  const current = shown && found[at] ? `${id}-${at}` : undefined;

  useEffect(() => {
    const outside = (event: PointerEvent) => {
      if (!root.current?.contains(event.target as Node)) setOpen(false);
    };
    document.addEventListener("pointerdown", outside);
    return () => document.removeEventListener("pointerdown", outside);
  }, []);

  useEffect(() => {
    if (current) document.getElementById(current)?.scrollIntoView({ block: "nearest" });
  }, [current]);

  const take = (one: Found) => {
    setFilter(one.filter);
    setText("");
    setOpen(false);
  };
  const clear = () => {
    setText("");
    setOpen(false);
    field.current?.focus();
  };
  const go = (to: number) => setAt(found.length ? (to + found.length) % found.length : 0);

  const press = (event: KeyboardEvent) => {
    if (event.nativeEvent.isComposing) return; // these keys still write a word, as in Japanese
    const one = found[at];
    const steps: Record<string, () => void> = {
      ArrowDown: () => (shown ? go(at + 1) : setOpen(true)),
      ArrowUp: () => (shown ? go(at - 1) : setOpen(true)),
      Enter: () => one && shown && take(one),
      Escape: () => (shown ? setOpen(false) : setText("")),
    };
    if (shown) Object.assign(steps, { Home: () => go(0), End: () => go(found.length - 1) });
    const step = steps[event.key];
    if (!step) return;
    event.preventDefault();
    step();
  };

  return (
    <div className="header-search" ref={root}>
      <input
        ref={field}
        type="text"
        role="combobox"
        aria-label="Search for a city, country or continent"
        aria-autocomplete="list"
        aria-expanded={shown}
        aria-controls={`${id}-list`}
        aria-activedescendant={current}
        autoComplete="off"
        spellCheck={false}
        maxLength={80}
        placeholder="City, country or continent"
        value={text}
        onChange={(event) => {
          setText(event.target.value);
          setAt(0);
          setOpen(true);
        }}
        onFocus={() => setOpen(true)}
        onBlur={(event) => {
          if (!root.current?.contains(event.relatedTarget)) setOpen(false);
        }}
        onKeyDown={press}
      />
      {text && (
        <button
          type="button"
          className="header-clear"
          aria-label="Clear the search"
          onClick={clear}
        >
          ×
        </button>
      )}
      <ul
        id={`${id}-list`}
        role="listbox"
        aria-label="Places found"
        hidden={!shown || !found.length}
      >
        {found.map((one, index) => (
          <li
            key={`${one.kind} ${JSON.stringify(one.filter)}`}
            id={`${id}-${index}`}
            role="option"
            aria-selected={index === at}
            onPointerDown={(event) => event.preventDefault()} // the field keeps the focus
            onClick={() => take(one)}
            onPointerMove={() => setAt(index)}
          >
            <span>{one.title}</span>
            <small>
              {one.subtitle} · {one.tiles.toLocaleString("en")} {one.tiles === 1 ? "tile" : "tiles"}
            </small>
          </li>
        ))}
      </ul>
      <p className="header-none" role="status">
        {shown && !found.length ? `No place in these data is called “${text.trim()}”` : ""}
      </p>
    </div>
  );
}
