import { act, cleanup, render, screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { smallWorld } from "../core/examples";
import { useExplorer } from "../core/store";
import { Legend } from "./Legend";
import { Tip } from "./Tip";
import { WHOLE } from "./camera";
import { UmapPane } from "./UmapPane";

const places = smallWorld();
const layout = {
  x: Float32Array.of(-0.9, -0.5, 0, 0.5, 0.9, 3),
  y: Float32Array.of(0, 0, 0, 0, 0.9, 0),
};
const shown = { camera: WHOLE, size: { width: 500, height: 500 } };
const empty = useExplorer.getState();

beforeEach(() => useExplorer.setState({ ...empty, places, layout }));
afterEach(cleanup);

describe("the legend", () => {
  it("names the continents, and keeps to the one that is clicked, or to none again", async () => {
    const reader = userEvent.setup();
    render(<Legend />);
    const europe = screen.getByRole("button", { name: "Europe" });
    await reader.click(europe);
    expect(useExplorer.getState().filter).toEqual({ kind: "continent", name: "Europe" });
    expect(europe.getAttribute("aria-pressed")).toBe("true");
    await reader.click(screen.getByRole("button", { name: "South America" }));
    expect(useExplorer.getState().filter).toEqual({ kind: "continent", name: "South America" });
    await reader.click(screen.getByRole("button", { name: "South America" }));
    expect(useExplorer.getState().filter).toBeNull();
  });
});

describe("the tip", () => {
  it("says city and country of a tile that is hovered in the other view too", () => {
    render(<Tip shown={shown} />);
    expect(screen.queryByTestId("umap-tip")).toBeNull();
    act(() => useExplorer.getState().hover(3, "map"));
    expect(screen.getByTestId("umap-tip").textContent).toBe("São PauloBrazil");
  });

  it("takes a name for a name, whatever it looks like", () => {
    const city = { ...places.cities[0]!, name: "<img src=x onerror=alert(1)>" };
    useExplorer.setState({ places: { ...places, cityOf: () => city }, hovered: 0 });
    const { container } = render(<Tip shown={shown} />);
    expect(container.querySelector("img")).toBeNull();
    expect(screen.getByTestId("umap-tip").textContent).toContain("<img src=x");
  });

  it("is not there for a tile that is out of sight", () => {
    useExplorer.setState({ hovered: 5 });
    render(<Tip shown={shown} />);
    expect(screen.queryByTestId("umap-tip")).toBeNull();
  });
});

describe("the pane", () => {
  it("says what it is and what it cannot tell", () => {
    useExplorer.setState({ selected: 4 });
    render(<UmapPane />);
    expect(screen.getByRole("application").getAttribute("aria-label")).toContain("6 tiles");
    expect(screen.getByText(/far means little, and the axes mean nothing/)).toBeTruthy();
    const pane = screen.getByTestId("umap");
    expect(pane.dataset.ready).toBe("false");
    expect(pane.dataset.selected).toBe("80001");
  });
});
