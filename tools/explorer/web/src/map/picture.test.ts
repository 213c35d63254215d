import { describe, expect, it } from "vitest";
import { next, type PictureEvent, type PictureState } from "./picture";
import { pictureSource } from "./style";

const after = (...events: PictureEvent[]) => events.reduce<PictureState>(next, "off");

describe("the satellite picture", () => {
  it("is awaited, then seen", () => {
    expect(after("on")).toBe("loading");
    expect(after("on", "tile")).toBe("shown");
  });

  it("is not to be had where its tiles fail, or where none comes at all", () => {
    expect(after("on", "error")).toBe("failed");
    expect(after("on", "quiet")).toBe("failed");
  });

  it("comes back with the first tile that comes, and stays though others fail", () => {
    expect(after("on", "error", "tile")).toBe("shown");
    expect(after("on", "tile", "error", "quiet")).toBe("shown");
  });

  it("is off when it is switched off, whatever still arrives", () => {
    expect(after("on", "tile", "off", "tile", "error")).toBe("off");
    expect(after("tile")).toBe("off");
  });

  it("is as sharp as its tiles are", () => {
    const basemap = { kind: "raster", title: "", attribution: "", maxZoom: 14 } as const;
    const of = (address: string) => pictureSource({ ...basemap, tiles: [address] }).tileSize;
    expect(of("https://one.example/{z}/{x}/{y}.jpg")).toBe(256);
    expect(of("https://two.example/{z}/{x}/{y}@2x.jpg90")).toBe(512);
  });
});
