// For tests: a small world as tools/explorer packs it, and what PROJ and a plain search say of it.
// tests/explorer/front_end_example.py makes it, and a test there tells when it must be made anew.
import text from "./example.json?raw";

interface Example {
  packs: Record<"locations" | "umap" | "neighbours", string>;
  ids: number[];
  centres: [number, number][];
  outlines: [number, number][][];
  layout: [number, number][];
  nearest: Record<"all" | "others", [tile: number, score: number][][]>;
}

export const example: Example = JSON.parse(text);

export function packOf(name: keyof Example["packs"]): ArrayBuffer {
  return Uint8Array.from(atob(example.packs[name]), (letter) => letter.charCodeAt(0)).buffer;
}

export async function gzipped(bytes: ArrayBuffer): Promise<ArrayBuffer> {
  const stream = new Blob([bytes]).stream().pipeThrough(new CompressionStream("gzip"));
  return new Response(stream).arrayBuffer();
}
