// What a tile is called, beside it. Names come from data, so they are only ever text.
import { Popup, type Map as GlMap } from "maplibre-gl";
import type { LonLat, Places } from "../core/types";

export function words(places: Places, tile: number): { city: string; where: string } {
  const { name, country, continent } = places.cityOf(tile);
  return { city: name, where: `${country}, ${places.continents[continent]?.name ?? ""}` };
}

export class TilePopup {
  private readonly city = document.createElement("strong");
  private readonly where = document.createElement("span");
  private readonly popup: Popup;
  private shown: number | null = null;

  constructor(
    private readonly map: GlMap,
    private readonly places: Places,
  ) {
    const content = document.createElement("p");
    content.append(this.city, this.where);
    this.popup = new Popup({
      closeButton: false,
      closeOnClick: false,
      focusAfterOpen: false,
      className: "map-popup",
      maxWidth: "16rem",
      offset: 10,
    }).setDOMContent(content);
  }

  show(tile: number | null): void {
    if (tile === this.shown) return;
    this.shown = tile;
    if (tile === null) {
      this.popup.remove();
      return;
    }
    const { city, where } = words(this.places, tile);
    this.city.textContent = city;
    this.where.textContent = where;
    // Above the tile, not on it, however large it is.
    const [[west, north], [east]] = this.places.outline(tile) as [LonLat, LonLat];
    this.popup.setLngLat([(west + east) / 2, north]);
    if (!this.popup.isOpen()) this.popup.addTo(this.map);
  }
}
