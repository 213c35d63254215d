import { useEffect, useRef } from "react";
import { label } from "../core/filter";
import { useExplorer } from "../core/store";
import type { Hit } from "../core/types";
import { Failure } from "./Failure";
import { Picture } from "./Picture";

const SKELETONS = 6;

export function ResultList() {
  const results = useExplorer((state) => state.results);
  const hits = "hits" in results ? results.hits : [];
  return (
    <section
      className="panel-results"
      aria-labelledby="panel-results-title"
      aria-busy={results.status === "loading" || results.status === "more"}
      data-status={results.status}
    >
      <h2 id="panel-results-title">Look-alikes</h2>
      {results.status === "loading" && <Skeletons />}
      {hits.length > 0 && (
        <ol>
          {hits.map((hit, rank) => (
            <Result key={hit.tile} hit={hit} rank={rank + 1} />
          ))}
        </ol>
      )}
      {results.status === "failed" && <Failure trouble={results.trouble} />}
      {(results.status === "ready" || results.status === "more") && (
        <End more={results.more} busy={results.status === "more"} found={hits.length} />
      )}
    </section>
  );
}

function Result({ hit, rank }: { hit: Hit; rank: number }) {
  const places = useExplorer((state) => state.places)!;
  const select = useExplorer((state) => state.select);
  const hover = useExplorer((state) => state.hover);
  const hovered = useExplorer((state) => state.hovered === hit.tile);
  const bar = useRef<HTMLSpanElement>(null);
  useEffect(() => {
    bar.current!.style.width = `${Math.max(0, hit.score) * 100}%`;
  }, [hit.score]);
  const { name, country } = places.cityOf(hit.tile);
  const leave = () => hover(null, "list");
  const enter = () => hover(hit.tile, "list");
  return (
    <li>
      <button
        type="button"
        className="panel-result"
        data-tile={places.ids[hit.tile]}
        data-hovered={hovered}
        onClick={() => select(hit.tile, "list")}
        onPointerEnter={enter}
        onPointerLeave={leave}
        onFocus={enter}
        onBlur={leave}
      >
        <Picture tile={hit.tile} size={52} />
        <span className="panel-place">
          <span>
            <span className="sr-only">{rank}. </span>
            {name}
          </span>
          <span className="panel-soft">{country}</span>
        </span>
        <span className="panel-score">
          <span className="sr-only">likeness </span>
          {hit.score.toFixed(2)}
          <span className="panel-bar" aria-hidden="true">
            <span ref={bar} />
          </span>
        </span>
      </button>
    </li>
  );
}

function End({ more, busy, found }: { more: boolean; busy: boolean; found: number }) {
  const showMore = useExplorer((state) => state.showMore);
  const most = useExplorer((state) => state.config!.mostResults);
  const asked = useRef(false);
  const end = useRef<HTMLParagraphElement>(null);
  useEffect(() => {
    if (asked.current) end.current?.focus(); // it stands where the button that had the focus was
  }, [more]);
  if (!found) return <Nothing />;
  if (more || busy)
    return (
      <button
        type="button"
        className="panel-more"
        aria-disabled={busy}
        onClick={() => {
          asked.current = true;
          showMore();
        }}
      >
        {busy ? "Loading more…" : "Show more"}
      </button>
    );
  return (
    <p className="panel-soft panel-end" ref={end} tabIndex={-1}>
      {found < most
        ? `That is the end of the list: ${found} ${found === 1 ? "tile" : "tiles"}.`
        : `These are the ${most} most alike. The list goes no further.`}
    </p>
  );
}

function Nothing() {
  const places = useExplorer((state) => state.places)!;
  const filter = useExplorer((state) => state.filter);
  const only = useExplorer((state) => state.otherCitiesOnly);
  const keeps = useExplorer((state) => state.config!.canFilterSearch);
  const where = filter && keeps ? label(places, filter) : "";
  const ways = [];
  if (where) ways.push(`Look beyond ${where}`);
  if (only) ways.push("let its own city in");
  const hint = ways.join(", or ");
  return (
    <div className="panel-nothing">
      <p>
        There is no other tile to compare with{where && ` in ${where}`}
        {only && ", outside its own city"}.
      </p>
      {hint && <p className="panel-soft">{hint[0]!.toUpperCase() + hint.slice(1)}.</p>}
    </div>
  );
}

function Skeletons() {
  return (
    <div className="panel-skeletons" data-testid="loading">
      {Array.from({ length: SKELETONS }, (_, index) => (
        <div key={index} />
      ))}
    </div>
  );
}
