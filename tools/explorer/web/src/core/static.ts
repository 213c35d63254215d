// The explorer's data from files beside the page, written by tools/explorer/publishing.py: it needs no server.
import { get } from "./http";
import { readNeighbours, type Neighbours } from "./neighbours";
import { readLayout, readPlaces } from "./places";
import { Trouble } from "./types";
import type { Config, Layout, Method, Page, Places, Query, Source, Thumbnail } from "./types";

export class StaticSource implements Source {
  private readonly neighbours = new Map<string, Promise<Neighbours>>();
  private hasThumbnails = false;
  private withoutThumbnail = new Set<number>();

  constructor(private readonly root: string) {}

  async config(signal?: AbortSignal): Promise<Config> {
    const said = await this.json("config.json", signal);
    this.hasThumbnails = said.has_thumbnails;
    this.withoutThumbnail = new Set(said.without_thumbnail);
    return {
      title: said.title,
      defaultMethod: said.default_method,
      pageSize: said.page_size,
      mostResults: said.most_results,
      basemap: { kind: "none", title: "", tiles: [], attribution: "", maxZoom: 0 },
      canFilterSearch: said.can_filter_search,
      hasThumbnails: said.has_thumbnails,
      thumbnailNote: said.thumbnail_note,
    };
  }

  async methods(signal?: AbortSignal): Promise<Method[]> {
    return (await this.json("methods.json", signal)).methods;
  }

  async places(signal?: AbortSignal): Promise<Places> {
    return readPlaces(await this.bytes("locations.pack", signal));
  }

  async layout(places: Places, signal?: AbortSignal): Promise<Layout> {
    return readLayout(await this.bytes("umap.pack", signal), places);
  }

  land(signal?: AbortSignal): Promise<GeoJSON.GeoJSON> {
    return this.json("land.json", signal);
  }

  async similar(places: Places, query: Query, signal?: AbortSignal): Promise<Page> {
    const known = await this.neighboursBy(query.method, places);
    signal?.throwIfAborted();
    const hits = known.of(query.tile, query.otherCitiesOnly);
    const end = query.offset + query.limit;
    return { hits: hits.slice(query.offset, end), more: end < hits.length };
  }

  async thumbnail(places: Places, tile: number): Promise<Thumbnail | null> {
    if (!this.hasThumbnails || this.withoutThumbnail.has(tile)) return null;
    const { id, first, count } = places.cityOf(tile);
    const columns = Math.ceil(Math.sqrt(count));
    const at = tile - first;
    return {
      url: `${this.root}/thumbnails/${id}.png`,
      sprite: {
        column: at % columns,
        row: Math.floor(at / columns),
        columns,
        rows: Math.ceil(count / columns),
      },
    };
  }

  /** All tiles' look-alikes come in one file, so what was asked for once is kept, whoever calls off the asking. */
  private neighboursBy(method: string, places: Places): Promise<Neighbours> {
    if (!/^[a-z][a-z0-9_]*$/.test(method))
      return Promise.reject(new Trouble(`There is no way to compare called “${method}”.`, false));
    let asked = this.neighbours.get(method);
    if (!asked) {
      asked = this.bytes(`neighbours/${method}.pack`).then((bytes) =>
        readNeighbours(bytes, places),
      );
      asked.catch(() => this.neighbours.delete(method)); // so that trying again asks again
      this.neighbours.set(method, asked);
    }
    return asked;
  }

  private async json(path: string, signal?: AbortSignal) {
    return (await this.file(path, signal)).json();
  }

  private async bytes(path: string, signal?: AbortSignal): Promise<ArrayBuffer> {
    return (await this.file(path, signal)).arrayBuffer();
  }

  private async file(path: string, signal?: AbortSignal): Promise<Response> {
    try {
      return await get(`${this.root}/${path}`, signal);
    } catch (error) {
      if (!(error instanceof Trouble)) throw error;
      // A site that is being published anew lacks files for a moment, so even a 404 may pass.
      throw new Trouble(
        `A file of this page, ${path}, cannot be had: it may be offline, or just being renewed.`,
        true,
      );
    }
  }
}
