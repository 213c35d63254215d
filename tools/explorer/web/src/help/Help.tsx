import { useEffect, useRef } from "react";
import { useExplorer } from "../core/store";
import "./help.css";

export function Help() {
  const open = useExplorer((state) => state.helpOpen);
  const setOpen = useExplorer((state) => state.setHelpOpen);
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    if (open && !dialog.current!.open) dialog.current!.showModal();
    if (!open) dialog.current!.close();
  }, [open]);
  return (
    <dialog
      ref={dialog}
      className="help"
      aria-labelledby="help-title"
      // The dialog tells of its closing a while later, when it may be open again.
      onClose={() => dialog.current!.open || setOpen(false)}
      onKeyDown={(event) => event.key === "Escape" && setOpen(false)}
      onClick={(event) => event.target === dialog.current && setOpen(false)}
    >
      <div className="help-page">
        <button
          type="button"
          className="help-close"
          aria-label="Close the help"
          onClick={() => setOpen(false)}
        >
          ×
        </button>
        <Words />
      </div>
    </dialog>
  );
}

function Words() {
  const places = useExplorer((state) => state.places)!;
  const config = useExplorer((state) => state.config)!;
  const side = (places.tileMetres / 1000).toLocaleString("en");
  const countries = new Set(places.cities.map(({ countryCode }) => countryCode)).size;
  const number = (value: number) => value.toLocaleString("en");
  return (
    <>
      <h2 id="help-title">{config.title}</h2>
      {places.notice && <p className="help-notice">{places.notice}</p>}
      <h3>What this is</h3>
      <p>
        {number(places.count)} tiles, squares of {side} × {side} km, in{" "}
        {number(places.cities.length)} cities of {number(countries)} countries. A model that has
        learned from satellite pictures turns each into a vector; tiles whose vectors point the same
        way look alike to it.
      </p>
      <h3>How it works</h3>
      <p>
        The model describes small patches of a tile. Their descriptions are drawn together into one
        vector (“compare by” says how), dimensions that tell only where on Earth a tile lies are
        left out, and the tiles with the smallest angle to the chosen one are listed. The score is
        the cosine of that angle: 1 is the same direction.
      </p>
      {config.thumbnailNote && <p>{config.thumbnailNote}</p>}
      <h3>How to use it</h3>
      <ul>
        <li>Click a tile or a dot in either view; click a result to go on from there.</li>
        <li>Search for a city, a country or a continent to keep to it.</li>
        <li>Drag to move, turn the wheel or pinch to zoom.</li>
        <li>
          By keyboard: Tab to a view, arrows move it, + and − zoom, Enter chooses the tile nearest
          to the middle. ? opens this help.
        </li>
        <li>The address of the page holds what you see: copy it to share a view.</li>
      </ul>
      <h3>What it cannot tell</h3>
      <ul>
        <li>
          Alike from above is not alike in life. Nothing here knows who lives in a place, what it
          costs, or how it feels.
        </li>
        <li>
          A score is no probability. 0.95 by one method and 0.95 by another are not the same, and
          the nearest may still be far.
        </li>
        <li>
          In the view of look-alikes only nearness means something. Its axes mean nothing, nor do
          sizes of groups and distances between them.
        </li>
        <li>
          Clouds, haze, season and the sun’s height are in the pictures, and so may be in the
          vectors. What is bound to place was searched for and left out, and some may remain.
        </li>
        <li>Only these cities are here. A place without a look-alike may have one elsewhere.</li>
      </ul>
    </>
  );
}
