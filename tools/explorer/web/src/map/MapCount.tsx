const number = new Intl.NumberFormat("en");

interface Counts {
  all: number;
  kept: number;
  inView: number;
}

/** How many tiles there are, how many of them the filter keeps, and how many of those are in view. */
export function counted({ all, kept, inView }: Counts): string {
  const tiles = all === 1 ? "tile" : "tiles";
  const of = kept === all ? number.format(all) : `${number.format(kept)} of ${number.format(all)}`;
  return `${of} ${tiles} · ${inView === kept ? "all" : number.format(inView)} in view`;
}

export function MapCount(counts: Counts) {
  return (
    <p className="map-count" data-testid="map-count">
      {counted(counts)}
    </p>
  );
}
