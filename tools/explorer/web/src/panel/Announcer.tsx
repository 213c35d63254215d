import { useExplorer } from "../core/store";

/** Says to a screen reader what changed elsewhere on the page. */
export function Announcer() {
  const places = useExplorer((state) => state.places)!;
  const selected = useExplorer((state) => state.selected);
  const results = useExplorer((state) => state.results);
  let words = "";
  if (selected !== null) {
    const { name, country } = places.cityOf(selected);
    if (results.status === "ready")
      words = `${results.hits.length} look-alikes of a tile in ${name}, ${country}.`;
    if (results.status === "failed") words = results.trouble.message;
  }
  return (
    <p className="sr-only" role="status" data-testid="announcer">
      {words}
    </p>
  );
}
