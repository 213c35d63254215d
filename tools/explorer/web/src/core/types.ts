// What the parts of the explorer tell each other.

/** A city that tiles lie in. `first` and `count` are the rows of its tiles. */
export interface City {
  id: number;
  name: string;
  country: string;
  countryCode: string;
  /** Index into `Places.continents`. */
  continent: number;
  epsg: number;
  /** Upper left corner of the tile at row 0 and column 0, metres in the city's UTM zone. */
  left: number;
  top: number;
  first: number;
  count: number;
}

export interface Continent {
  name: string;
  /** Its colour wherever it is drawn, as #rrggbb. */
  colour: string;
}

export type LonLat = [lon: number, lat: number];
export type Box = [west: number, south: number, east: number, north: number];

/** All tiles. A tile is known by its row here, 0 … count - 1; `ids` are the numbers the API knows. */
export interface Places {
  count: number;
  cities: City[];
  ids: Float64Array;
  /** For every tile: which of `cities` it lies in, and its place in the city's grid. */
  city: Uint16Array;
  row: Uint8Array;
  col: Uint8Array;
  continents: Continent[];
  /** Side of a tile, metres. */
  tileMetres: number;
  /** What must be said of the data; empty where nothing must. */
  notice: string;
  synthetic: boolean;
  cityOf(tile: number): City;
  centre(tile: number): LonLat;
  /** Corners from the upper left clockwise, closed; straight in the tile's zone, exact in degrees. */
  outline(tile: number): LonLat[];
  box(tiles: Iterable<number>): Box;
  /** Row of a tile's number; -1 where there is none. */
  find(id: number): number;
}

/** The two-dimensional view of all tiles, by row, each within -1 … 1 at one scale for both. */
export interface Layout {
  x: Float32Array;
  y: Float32Array;
}

export interface Method {
  name: string;
  title: string;
  describes: string;
  available: boolean;
}

export interface Basemap {
  kind: "none" | "raster";
  title: string;
  /** Addresses with {z}, {x} and {y}. */
  tiles: string[];
  attribution: string;
  maxZoom: number;
}

export interface Config {
  /** Its words at the top of the help. */
  title: string;
  defaultMethod: string;
  pageSize: number;
  mostResults: number;
  basemap: Basemap;
  /** Whether a search can keep to a part of the world; where not, a filter only dims the views. */
  canFilterSearch: boolean;
  hasThumbnails: boolean;
  /** What the small pictures show. */
  thumbnailNote: string;
}

export interface Hit {
  tile: number;
  score: number;
}

export interface Page {
  hits: Hit[];
  /** Whether there are more after these. */
  more: boolean;
}

export interface Query {
  tile: number;
  method: string;
  otherCitiesOnly: boolean;
  filter: Filter | null;
  offset: number;
  limit: number;
}

/** Why something failed, in words for a reader, and whether trying again may help. */
export class Trouble extends Error {
  constructor(
    message: string,
    readonly again: boolean,
    /** Seconds after which to try again, where the server said so. */
    readonly after?: number,
  ) {
    super(message);
    this.name = "Trouble";
  }
}

/** Where the explorer's data come from: a server, or files beside the page. */
export interface Source {
  config(signal?: AbortSignal): Promise<Config>;
  methods(signal?: AbortSignal): Promise<Method[]>;
  places(signal?: AbortSignal): Promise<Places>;
  layout(places: Places, signal?: AbortSignal): Promise<Layout>;
  /** Outlines of the land. */
  land(signal?: AbortSignal): Promise<GeoJSON.GeoJSON>;
  similar(places: Places, query: Query, signal?: AbortSignal): Promise<Page>;
  /** Something an <img> can show, or null where there is no picture. */
  thumbnail(places: Places, tile: number): Promise<Thumbnail | null>;
}

/** A picture, or a square of a larger one. */
export interface Thumbnail {
  url: string;
  /** Where in the picture: column and row of the square, and how many there are. */
  sprite?: { column: number; row: number; columns: number; rows: number };
}

/** A part of the world to keep to. */
export type Filter =
  | { kind: "city"; id: number }
  | { kind: "country"; code: string }
  | { kind: "continent"; name: string };

export type Theme = "light" | "dark";
export type View = "both" | "map" | "umap";
/** Which view a reader pointed or clicked in; `list` is the panel or the search. */
export type From = "map" | "umap" | "list" | "url";
export interface MapView {
  lon: number;
  lat: number;
  zoom: number;
}
