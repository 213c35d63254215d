import { useEffect, useRef, useState } from "react";
import { useExplorer } from "../core/store";
import type { Hit, Trouble } from "../core/types";
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
  if (!found) return <p className="panel-soft">No other tile is to be found with these choices.</p>;
  if (!more) return <p className="panel-soft">That is the end of the list: {found} tiles.</p>;
  return (
    <button type="button" className="panel-more" disabled={busy} onClick={showMore}>
      {busy ? "Loading more…" : "Show more"}
    </button>
  );
}

function Failure({ trouble }: { trouble: Trouble }) {
  const retry = useExplorer((state) => state.retry);
  const [left, setLeft] = useState(trouble.after ?? 0);
  useEffect(() => {
    setLeft(trouble.after ?? 0);
    const clock = setInterval(() => setLeft((seconds) => Math.max(0, seconds - 1)), 1000);
    return () => clearInterval(clock);
  }, [trouble]);
  return (
    <div className="panel-failure" role="alert">
      <p>{trouble.message}</p>
      {trouble.again && (
        <button type="button" disabled={left > 0} onClick={retry}>
          {left > 0 ? `Try again in ${left} s` : "Try again"}
        </button>
      )}
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
