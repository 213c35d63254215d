import { countOf, label } from "../core/filter";
import { useExplorer, type Explorer } from "../core/store";

/** Says to a screen reader what changed elsewhere on the page. What failed, the list says itself. */
export function Announcer() {
  const words = useExplorer(wordsOf);
  return (
    <p className="sr-only" role="status" data-testid="announcer">
      {words}
    </p>
  );
}

function wordsOf({ places, selected, results, filter }: Explorer): string {
  const said: string[] = [];
  if (selected !== null && results.status === "ready") {
    const { name, country } = places!.cityOf(selected);
    const found = results.hits.length;
    const many = found === 1 ? "1 look-alike" : `${found || "No"} look-alikes`;
    said.push(`Selected: a tile in ${name}, ${country}. ${many}.`);
  }
  if (filter) said.push(`${label(places!, filter)} only: ${countOf(places!, filter)} tiles.`);
  return said.join(" ");
}
