// The explorer's data from its own API.
import { get } from "./http";
import { readLayout, readPlaces } from "./places";
import type { Config, Layout, Method, Page, Places, Query, Source, Thumbnail } from "./types";

export class ServerSource implements Source {
  private hasThumbnails = false;

  constructor(private readonly root: string) {}

  async config(signal?: AbortSignal): Promise<Config> {
    const said = await this.json("config", signal);
    this.hasThumbnails = said.has_thumbnails;
    return {
      title: said.title,
      defaultMethod: said.default_method,
      pageSize: said.page_size,
      mostResults: said.most_results,
      basemap: {
        kind: said.basemap.kind,
        title: said.basemap.title,
        tiles: said.basemap.tiles,
        attribution: said.basemap.attribution,
        maxZoom: said.basemap.max_zoom,
      },
      canFilterSearch: said.can_filter_search,
      hasThumbnails: said.has_thumbnails,
      thumbnailNote: said.thumbnail_note,
    };
  }

  async methods(signal?: AbortSignal): Promise<Method[]> {
    return (await this.json("methods", signal)).methods;
  }

  async places(signal?: AbortSignal): Promise<Places> {
    return readPlaces(await this.bytes("locations", signal));
  }

  async layout(places: Places, signal?: AbortSignal): Promise<Layout> {
    return readLayout(await this.bytes("umap", signal), places);
  }

  land(signal?: AbortSignal): Promise<GeoJSON.GeoJSON> {
    return this.json("land", signal);
  }

  async similar(places: Places, query: Query, signal?: AbortSignal): Promise<Page> {
    const asked = new URLSearchParams({
      method: query.method,
      offset: String(query.offset),
      limit: String(query.limit),
      other_cities_only: String(query.otherCitiesOnly),
    });
    if (query.filter?.kind === "city") asked.set("city", String(query.filter.id));
    if (query.filter?.kind === "country") asked.set("country", query.filter.code);
    if (query.filter?.kind === "continent") asked.set("continent", query.filter.name);
    const said = await this.json(`tiles/${places.ids[query.tile]}/similar?${asked}`, signal);
    const hits: { tile_id: number; score: number }[] = said.hits;
    return {
      hits: hits
        .map(({ tile_id, score }) => ({ tile: places.find(tile_id), score }))
        .filter(({ tile }) => tile >= 0), // the index may know tiles that the table does not
      more: said.pagination.more,
    };
  }

  async thumbnail(places: Places, tile: number): Promise<Thumbnail | null> {
    return this.hasThumbnails ? { url: `${this.root}/tiles/${places.ids[tile]}/thumbnail` } : null;
  }

  private async json(path: string, signal?: AbortSignal) {
    return (await get(`${this.root}/${path}`, signal)).json();
  }

  private async bytes(path: string, signal?: AbortSignal): Promise<ArrayBuffer> {
    return (await get(`${this.root}/${path}`, signal)).arrayBuffer();
  }
}
