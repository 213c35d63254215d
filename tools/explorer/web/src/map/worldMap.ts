// The map itself: MapLibre with our layers. It is told what to show, and tells what a reader does; it knows no store.
import { Map as GlMap, prewarm, setWorkerUrl, type StyleSpecification } from "maplibre-gl";
import workerUrl from "maplibre-gl/dist/maplibre-gl-worker.mjs?worker&url";
import { movesSmoothly, watch } from "../core/pace";
import type { Tokens } from "../core/theme";
import type { Basemap, Hit, LonLat, MapView, Places, Theme } from "../core/types";
import {
  constrained,
  lies,
  MOST_ZOOM,
  LEAST_ZOOM,
  OUTLINES_FROM,
  rectOf,
  same,
  WORLD,
} from "./camera";
import { crowd, markOutlines, markPoints, marksOf, outlines, type Mark } from "./marks";
import { toPlane, wrapped, type Point, type Rect } from "./mercator";
import { Picture, type PictureState } from "./picture";
import { PointLayer } from "./points";
import { TilePopup } from "./popup";
import { baseStyle, FIRST_ABOVE_POINTS, NOTHING, paints } from "./style";
import { rankAt, ranks } from "./thinning";
import { TileIndex } from "./tileIndex";

setWorkerUrl(new URL(workerUrl, import.meta.url).href);
prewarm(); // the worker starts while the tiles are still on their way

const REACH = 10; // pixels that a pointer may be off a point
const TOUCH_REACH = 20;
const MARGIN = 0.5; // outlines are kept for so much more than is seen, so that a small move needs no new ones
const FLIGHT = 1600; // milliseconds at most

export interface Told {
  moved(view: MapView, inView: number): void;
  hovered(tile: number | null): void;
  picked(tile: number): void;
  ready(): void;
  picture(state: PictureState): void;
  failed(message: string): void;
}

export class WorldMap {
  readonly canvas: HTMLCanvasElement;
  private readonly map: GlMap;
  private readonly index: TileIndex;
  private readonly ranks: Uint8Array;
  private readonly points: PointLayer;
  private readonly picture: Picture;
  private readonly popup: TilePopup;
  private kept: Uint8Array | null = null;
  private marks: Mark[] = [];
  private outlined: Rect | null = null;
  private colours: { tokens: Tokens; theme: Theme };
  private land: GeoJSON.GeoJSON | null = null;
  private landSettled = false;
  private readyTold = false;

  constructor(
    container: HTMLElement,
    private readonly places: Places,
    colours: { tokens: Tokens; theme: Theme },
    start: MapView,
    private readonly told: Told,
  ) {
    this.index = new TileIndex(places);
    this.ranks = ranks(places);
    this.points = new PointLayer((zoom) => rankAt(zoom, places.tileMetres));
    this.colours = colours;
    this.map = new GlMap({
      container,
      style: this.styled(),
      center: [start.lon, start.lat],
      zoom: start.zoom,
      minZoom: LEAST_ZOOM,
      maxZoom: MOST_ZOOM,
      // The whole world fits into a high pane too: by itself, the map would come nearer until none is left empty.
      transformConstrain: constrained,
      attributionControl: false, // the pane says whose the outlines and the picture are
      dragRotate: false,
      pitchWithRotate: false,
      touchPitch: false,
      fadeDuration: 0,
      locale: { "Map.Title": "Map of all tiles" },
    });
    this.map.touchZoomRotate.disableRotation();
    this.map.keyboard.disableRotation();
    this.canvas = this.map.getCanvas();
    this.picture = new Picture(this.map, (state) => {
      this.drawAll();
      told.picture(state);
    });
    this.popup = new TilePopup(this.map, places);
    this.listen();
  }

  destroy(): void {
    this.map.remove();
  }

  /** Take up the land's outlines; null where they are not to be had. */
  setLand(land: GeoJSON.GeoJSON | null): void {
    this.land = land;
    this.landSettled = true;
    this.whenStyled(() => {
      this.setData("land", land ?? NOTHING);
      this.map.triggerRepaint();
    });
  }

  setColours(tokens: Tokens, theme: Theme): void {
    this.colours = { tokens, theme };
    this.drawAll();
  }

  setKept(kept: Uint8Array | null): void {
    this.kept = kept;
    this.drawAll();
  }

  setMarks(selected: number | null, hovered: number | null, hits: readonly Hit[]): void {
    this.marks = marksOf(selected, hovered, hits);
    this.drawMarks();
    this.canvas.style.cursor = hovered === null ? "" : "pointer";
    this.popup.show(hovered ?? selected);
  }

  setPicture(basemap: Basemap | null): void {
    this.whenStyled(() => this.picture.set(basemap));
  }

  view(): MapView {
    const { lng, lat } = this.map.getCenter();
    return { lon: wrapped(lng), lat, zoom: this.map.getZoom() };
  }

  size(): { width: number; height: number } {
    const { clientWidth, clientHeight } = this.map.getContainer();
    return { width: clientWidth, height: clientHeight };
  }

  /** Fly there, or be there at once for a reader who wants no motion. */
  go({ lon, lat, zoom }: MapView): void {
    if (same(this.view(), { lon, lat, zoom })) return;
    const there = { center: [lon, lat] as LonLat, zoom };
    if (!movesSmoothly()) {
      this.map.jumpTo(there);
      return;
    }
    this.map.flyTo({ ...there, maxDuration: FLIGHT, duration: FLIGHT });
    const stop = watch(() => this.map.jumpTo(there));
    this.map.once("moveend", stop);
  }

  /** Call back whenever the map has come to rest. Returns how to stop that. */
  whenMoved(call: () => void): () => void {
    this.map.on("moveend", call);
    return () => this.map.off("moveend", call);
  }

  zoomBy(steps: number): void {
    this.map.easeTo({ zoom: this.map.getZoom() + steps, duration: 250 });
  }

  /** The tile nearest to the middle of what is seen. */
  middle(): number | null {
    const { width, height } = this.size();
    const here = toPlane([this.view().lon, this.view().lat]);
    return this.nearest(here, Math.min(width, height) / 2);
  }

  private listen(): void {
    const { map, told } = this;
    map.on("mousemove", (event) => told.hovered(this.at(event.lngLat, REACH)));
    map.on("mouseout", () => told.hovered(null));
    map.on("click", (event) => {
      const touched = (event.originalEvent as PointerEvent).pointerType === "touch";
      const tile = this.at(event.lngLat, touched ? TOUCH_REACH : REACH);
      if (tile !== null) told.picked(tile);
    });
    map.on("move", () => this.drawOutlines());
    map.on("moveend", () => told.moved(this.view(), this.inView()));
    map.on("resize", () => told.moved(this.view(), this.inView()));
    map.on("render", () => this.tellReady());
    map.on("error", (event) => {
      if (!this.picture.failed(event)) told.failed(event.error.message);
    });
    // A graphics card may be taken away (sleep, another page) and given back: MapLibre then has our style again, but
    // no layer of ours.
    map.on("webglcontextrestored", () => this.whenStyled(() => this.complete()));
    this.whenStyled(() => this.complete());
  }

  private complete(): void {
    if (!this.map.getLayer(this.points.id)) this.map.addLayer(this.points, FIRST_ABOVE_POINTS);
    if (this.landSettled) this.setData("land", this.land ?? NOTHING);
    this.drawAll();
    this.told.moved(this.view(), this.inView());
  }

  private styled(): StyleSpecification {
    const style = baseStyle();
    for (const [id, property, value] of paints(this.colours.tokens, this.colours.theme, false)) {
      const layer = style.layers.find((one) => one.id === id)!;
      layer.paint = { ...layer.paint, [property]: value };
    }
    return style;
  }

  private paint(): void {
    const { tokens, theme } = this.colours;
    for (const [layer, property, value] of paints(tokens, theme, this.picture.state === "shown"))
      this.map.setPaintProperty(layer, property as never, value as never);
  }

  private drawAll(): void {
    const all = crowd(this.places, this.ranks, this.kept, this.ground());
    this.points.setCrowd({ ...all, x: this.index.x, y: this.index.y });
    this.outlined = null;
    this.whenStyled(() => {
      this.paint();
      this.drawOutlines();
    });
    this.drawMarks();
  }

  /** Whether what lies below the points is light or dark: pictures from above are dark. */
  private ground(): Theme {
    return this.picture.state === "shown" ? "dark" : this.colours.theme;
  }

  private drawMarks(): void {
    this.points.setMarked(markPoints(this.marks, this.index, this.colours.tokens));
    this.whenStyled(() => this.setData("marks", markOutlines(this.marks, this.places)));
  }

  private drawOutlines(): void {
    const view = this.view();
    if (view.zoom < OUTLINES_FROM || !this.map.getSource("outlines")) return;
    const seen = rectOf(view, this.size());
    // Far out, the margin of a near view would be too small a part, and that of a far one too many tiles.
    const known = this.outlined;
    if (known && lies(seen, known) && known.east - known.west < 8 * (seen.east - seen.west)) return;
    this.outlined = rectOf(view, this.size(), MARGIN);
    const tiles = this.index.within(this.outlined);
    this.setData("outlines", outlines(tiles, this.places, this.kept, this.colours.theme));
  }

  private setData(source: string, data: GeoJSON.GeoJSON): void {
    const found = this.map.getSource<import("maplibre-gl").GeoJSONSource>(source);
    if (found) void found.setData(data);
  }

  private inView(): number {
    return this.index.within(rectOf(this.view(), this.size()), this.kept).length;
  }

  private at(place: { lng: number; lat: number }, reach: number): number | null {
    const point = toPlane([place.lng, place.lat]);
    const inside = this.map.getZoom() >= OUTLINES_FROM ? this.index.containing(point) : null;
    if (inside !== null) return inside;
    // Where outlines are large enough to be hit, beside one is beside it.
    return this.map.getZoom() < OUTLINES_FROM + 1.5 ? this.nearest(point, reach) : null;
  }

  /** Of the tiles that the filter keeps, if any is near, else of all. */
  private nearest(point: Point, pixels: number): number | null {
    const reach = pixels / (WORLD * 2 ** this.map.getZoom());
    const kept = this.kept && this.index.nearest(point, reach, this.kept);
    return kept ?? this.index.nearest(point, reach);
  }

  private tellReady(): void {
    if (this.readyTold || !this.points.drawn || !this.landSettled) return;
    if (!this.map.isSourceLoaded("land")) return;
    this.readyTold = true;
    this.told.ready();
  }

  /** Now, or as soon as the style is there. */
  private whenStyled(what: () => void): void {
    if (this.map.getLayer("mark")) what();
    else this.map.once("style.load", what);
  }
}
