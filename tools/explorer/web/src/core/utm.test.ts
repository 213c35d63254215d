import { describe, expect, it } from "vitest";
import { degreesOf } from "./utm";

// By pyproj 3.7: Transformer.from_crs(epsg, 4326, always_xy=True).transform(easting, northing)
const KNOWN: [epsg: number, easting: number, northing: number, lon: number, lat: number][] = [
  [32631, 500000, 5000000, 3.0, 45.153477183356],
  [32631, 642310, 5068200, 4.829736729436, 45.752705515907],
  [32632, 166021.5, 1000, 6.000000473732, 0.009034831049], // a zone's western edge, at the equator
  [32733, 261880, 6243120, 12.424065801123, -33.925461445576],
  [32760, 799990, 9999990, 179.694933454824, -0.000090372402],
  [32701, 200000, 8000000, -179.834008393152, -18.067898342873],
  [32633, 434000.25, 9290000, 9.663097674275, 83.631383461651], // as far north as zones go
  [32718, 279500, 8663400, -77.025792084076, -12.083471136721],
  [32601, 690000, 7100000, -173.117145642567, 63.9748507452],
  [32635, 833978, 120, 29.999995002545, 0.00108417973],
];

const METRES_PER_DEGREE = 111_320;

describe("metres of a UTM zone in degrees", () => {
  it.each(KNOWN)(
    "agree with PROJ to a tenth of a millimetre: %i %d %d",
    (epsg, east, north, lon, lat) => {
      const [ownLon, ownLat] = degreesOf(epsg, east, north);
      expect(Math.abs(ownLat - lat) * METRES_PER_DEGREE).toBeLessThan(1e-4);
      expect(
        Math.abs(ownLon - lon) * METRES_PER_DEGREE * Math.cos((lat * Math.PI) / 180),
      ).toBeLessThan(1e-4);
    },
  );

  it("go on beyond the 180th meridian on its other side", () => {
    const [lon] = degreesOf(32760, 900_000, 8_000_000);
    expect(lon).toBeLessThan(-179);
  });
});
