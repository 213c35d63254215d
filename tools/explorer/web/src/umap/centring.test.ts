import { beforeEach, describe, expect, it } from "vitest";
import { useExplorer } from "../core/store";
import { toCentre } from "./centring";

let moves: (number | null)[] = [];
useExplorer.subscribe((now, before) => moves.push(toCentre(now, before)));
const moved = () => moves.filter((tile) => tile !== null);

beforeEach(() => {
  useExplorer.setState(useExplorer.getInitialState());
  moves = [];
});

describe("the view moves to the selected tile", () => {
  it("when it was selected in the map or the list", () => {
    const { select } = useExplorer.getState();
    select(4, "map");
    select(2, "list");
    expect(moved()).toEqual([4, 2]);
  });

  it("but not under the pointer that selected it", () => {
    useExplorer.getState().select(4, "umap");
    expect(moves.length).toBeGreaterThan(0);
    expect(moved()).toEqual([]);
  });

  it("when the reader asks where it is, even where it was clicked here", () => {
    const { select, reveal } = useExplorer.getState();
    select(4, "umap");
    reveal("umap");
    expect(moved()).toEqual([4]);
  });

  it("and stays when only something else changes, or nothing is selected any more", () => {
    const { select, hover, setFilter } = useExplorer.getState();
    select(4, "umap");
    hover(3, "map");
    setFilter({ kind: "city", id: 7 });
    select(4, "map");
    select(null, "list");
    expect(moved()).toEqual([]);
  });
});
