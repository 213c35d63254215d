// Look-alikes that were worked out beforehand. tools/explorer/neighbours.py says how they are packed.
import { readPack } from "./pack";
import { Trouble, type Hit, type Places } from "./types";

interface About {
  k: number;
  tiles: number;
  score_step: number;
}

/** The most alike tiles of each tile, the most alike first. */
export interface Neighbours {
  /** How many there are of each tile. */
  k: number;
  of(tile: number, otherCitiesOnly: boolean): Hit[];
}

export async function readNeighbours(bytes: ArrayBuffer, places: Places): Promise<Neighbours> {
  const { about, arrays } = await readPack<About>(bytes);
  if (about.tiles !== places.count)
    throw new Trouble("The look-alikes are of other places than these. Reload the page.", true);
  const { k, score_step: step } = about;
  const [other, ownCount, ownPlace, own] = [
    arrays.other!,
    arrays.own_count!,
    arrays.own_place!,
    arrays.own!,
  ];
  const [top, drop] = [arrays.top!, arrays.drop!];
  const ownBefore = new Uint32Array(places.count + 1);
  for (let tile = 0; tile < places.count; tile++)
    ownBefore[tile + 1] = ownBefore[tile]! + ownCount[tile]!;

  return {
    k,
    of(tile, otherCitiesOnly) {
      const { first } = places.cityOf(tile);
      let nextOwn = ownBefore[tile]!;
      const endOwn = ownBefore[tile + 1]!;
      let nextOther = tile * k;
      const start = nextOther + nextOwn;
      let below = top[tile]!;
      const hits: Hit[] = [];
      // Both kinds stand in one line, in which each score follows from the one before.
      for (let place = 0; place < k + ownCount[tile]!; place++) {
        below += drop[start + place]!;
        const score = 1 - below * step;
        if (nextOwn < endOwn && ownPlace[nextOwn] === place) {
          if (!otherCitiesOnly) hits.push({ tile: first + own[nextOwn]!, score });
          nextOwn++;
        } else hits.push({ tile: other[nextOther++]!, score });
      }
      return hits.slice(0, k);
    },
  };
}
