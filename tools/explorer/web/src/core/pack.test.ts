// @vitest-environment node
import { describe, expect, it } from "vitest";
import { gzipped, packOf } from "./madeByPython";
import { readPack } from "./pack";
import { Trouble } from "./types";

describe("a pack", () => {
  it("is the same to read whether or not a host has unpacked it", async () => {
    const plain = await readPack(packOf("locations"));
    expect(Object.keys(plain.arrays)).toEqual(["row", "col"]);
    expect(await readPack(await gzipped(packOf("locations")))).toEqual(plain);
  });

  it("that was cut off is said to be, wherever that was", async () => {
    const whole = packOf("umap");
    for (const end of [6, 20, whole.byteLength - 24])
      await expect(readPack(whole.slice(0, end))).rejects.toThrow(Trouble);
    const packed = await gzipped(whole);
    await expect(readPack(packed.slice(0, packed.byteLength / 2))).rejects.toThrow(Trouble);
  });

  it("is not mistaken for a page that a host sends where a file is missing", async () => {
    const page = new TextEncoder().encode("<!doctype html><title>404</title>");
    await expect(readPack(page.buffer)).rejects.toThrow(/not what was expected/);
  });
});
