// From metres of a UTM zone to degrees on WGS 84, by Krüger's series to the sixth order, which is true to
// nanometres within a zone. Karney (2011), Transverse Mercator with an accuracy of a few nanometers, J. Geodesy 85.
import type { LonLat } from "./types";

const EQUATOR = 6_378_137; // metres
const FLATTENING = 1 / 298.257223563;
const SCALE = 0.9996;
const FALSE_EAST = 500_000;
const FALSE_NORTH = 10_000_000; // of southern zones

const n = FLATTENING / (2 - FLATTENING);
const ECCENTRICITY = Math.sqrt(FLATTENING * (2 - FLATTENING));
const RECTIFYING = (EQUATOR / (1 + n)) * (1 + n ** 2 / 4 + n ** 4 / 64 + n ** 6 / 256);

/** Coefficients of the series from the plane to the sphere, as polynomials in the third flattening. */
const BETA = [
  n / 2 -
    (2 * n ** 2) / 3 +
    (37 * n ** 3) / 96 -
    n ** 4 / 360 -
    (81 * n ** 5) / 512 +
    (96199 * n ** 6) / 604800,
  n ** 2 / 48 +
    n ** 3 / 15 -
    (437 * n ** 4) / 1440 +
    (46 * n ** 5) / 105 -
    (1118711 * n ** 6) / 3870720,
  (17 * n ** 3) / 480 - (37 * n ** 4) / 840 - (209 * n ** 5) / 4480 + (5569 * n ** 6) / 90720,
  (4397 * n ** 4) / 161280 - (11 * n ** 5) / 504 - (830251 * n ** 6) / 7257600,
  (4583 * n ** 5) / 161280 - (108847 * n ** 6) / 3991680,
  (20648693 * n ** 6) / 638668800,
];

/** Longitude and latitude of a point of a zone: EPSG 32601–32660 in the north, 32701–32760 in the south. */
export function degreesOf(epsg: number, easting: number, northing: number): LonLat {
  const zone = epsg % 100;
  const south = epsg >= 32700;
  const xi = (northing - (south ? FALSE_NORTH : 0)) / (SCALE * RECTIFYING);
  const eta = (easting - FALSE_EAST) / (SCALE * RECTIFYING);
  let xiSphere = xi;
  let etaSphere = eta;
  BETA.forEach((beta, index) => {
    const times = 2 * (index + 1);
    xiSphere -= beta * Math.sin(times * xi) * Math.cosh(times * eta);
    etaSphere -= beta * Math.cos(times * xi) * Math.sinh(times * eta);
  });
  const lon = 6 * zone - 183 + degrees(Math.atan2(Math.sinh(etaSphere), Math.cos(xiSphere)));
  const conformal = Math.sin(xiSphere) / Math.hypot(Math.sinh(etaSphere), Math.cos(xiSphere));
  return [wrapped(lon), degrees(Math.atan(geographic(conformal)))];
}

/** Tangent of the latitude, from that of the conformal latitude, by Newton's method. */
function geographic(conformal: number): number {
  const squared = 1 - ECCENTRICITY ** 2;
  let tau = conformal;
  for (let round = 0; round < 5; round++) {
    const secant = Math.hypot(1, tau);
    const sigma = Math.sinh(ECCENTRICITY * Math.atanh((ECCENTRICITY * tau) / secant));
    const guess = tau * Math.hypot(1, sigma) - sigma * secant;
    const step =
      ((conformal - guess) / Math.hypot(1, guess)) *
      ((1 + squared * tau ** 2) / (squared * secant));
    tau += step;
    if (Math.abs(step) < 1e-15 * Math.max(1, Math.abs(tau))) break;
  }
  return tau;
}

const degrees = (radians: number) => (radians * 180) / Math.PI;
const wrapped = (lon: number) => lon - 360 * Math.round(lon / 360);
