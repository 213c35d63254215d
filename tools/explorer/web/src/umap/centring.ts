// When the view moves to the selected tile by itself.
import type { Explorer } from "../core/store";

type Selection = Pick<Explorer, "selected" | "selectedFrom" | "revealed">;

/** The tile to move to after a change, or null: what a reader clicks here is in sight already. */
export function toCentre(now: Selection, before: Selection): number | null {
  const elsewhere = now.selected !== before.selected && now.selectedFrom !== "umap";
  return elsewhere || now.revealed !== before.revealed ? now.selected : null;
}
