import { cleanup, render, screen, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { startExplorer } from "../core/exampleSource";
import { useExplorer } from "../core/store";
import { preferred } from "../core/theme";
import { Header } from "./Header";

const user = userEvent.setup();
const field = () => screen.getByRole("combobox") as HTMLInputElement;
const options = () => screen.queryAllByRole("option").map((one) => one.textContent);
const active = () => {
  const id = field().getAttribute("aria-activedescendant");
  return id && document.getElementById(id)!.textContent;
};

beforeEach(async () => {
  localStorage.clear();
  await startExplorer();
  render(
    <>
      <Header />
      <p>Elsewhere</p>
      <textarea aria-label="Notes" />
    </>,
  );
});
afterEach(cleanup);

describe("the search", () => {
  it("finds a place without its accents and says how many tiles it has", async () => {
    await user.type(field(), "sao");
    expect(options()).toEqual(["São PauloBrazil · 2 tiles"]);
    expect(field().getAttribute("aria-expanded")).toBe("true");
    expect(field().getAttribute("aria-controls")).toBe(screen.getByRole("listbox").id);
  });

  it("moves through the list with arrows, Home and End, and round its ends", async () => {
    await user.type(field(), "a");
    const all = options();
    expect(all.length).toBeGreaterThan(2);
    expect(active()).toBe(all[0]);
    await user.keyboard("{ArrowDown}");
    expect(active()).toBe(all[1]);
    await user.keyboard("{End}");
    expect(active()).toBe(all.at(-1));
    await user.keyboard("{ArrowDown}");
    expect(active()).toBe(all[0]);
    await user.keyboard("{ArrowUp}");
    expect(active()).toBe(all.at(-1));
    await user.keyboard("{Home}");
    expect(active()).toBe(all[0]);
    expect(document.activeElement).toBe(field());
  });

  it("keeps to the place that Enter chooses", async () => {
    await user.type(field(), "fra{Enter}");
    expect(useExplorer.getState().filter).toEqual({ kind: "country", code: "FR" });
    expect(field().value).toBe("");
    expect(options()).toEqual([]);
  });

  it("keeps to the place that is clicked", async () => {
    await user.type(field(), "lyon");
    await user.click(screen.getByRole("option"));
    expect(useExplorer.getState().filter).toEqual({ kind: "city", id: 7 });
  });

  it("closes with Escape and keeps the words, and a second Escape clears them", async () => {
    await user.type(field(), "lyon{Escape}");
    expect(options()).toEqual([]);
    expect(field().value).toBe("lyon");
    await user.keyboard("{Escape}");
    expect(field().value).toBe("");
  });

  it("closes with a click elsewhere", async () => {
    await user.type(field(), "lyon");
    await user.click(screen.getByText("Elsewhere"));
    expect(field().getAttribute("aria-expanded")).toBe("false");
    expect(options()).toEqual([]);
  });

  it("is cleared by its button, which gives the focus back to the field", async () => {
    await user.type(field(), "lyon");
    await user.click(screen.getByRole("button", { name: "Clear the search" }));
    expect(field().value).toBe("");
    expect(document.activeElement).toBe(field());
  });

  it("says so when there is no such place, and Enter then chooses nothing", async () => {
    await user.type(field(), "Atlantis");
    expect(screen.getByText("No place in these data is called “Atlantis”")).toBeTruthy();
    await user.keyboard("{Enter}");
    expect(useExplorer.getState().filter).toBeNull();
  });

  it("shows what is typed as text and never as markup", async () => {
    await user.type(field(), "<img src=x>");
    expect(screen.getByText("No place in these data is called “<img src=x>”")).toBeTruthy();
    expect(document.querySelector("img")).toBeNull();
  });
});

describe("the filter", () => {
  it("stands in a chip with its tiles, and goes with a click that leaves the focus in the field", async () => {
    expect(screen.queryByTestId("filter")).toBeNull();
    await user.type(field(), "fra{Enter}");
    expect(within(screen.getByTestId("filter")).getByText("France · 4 tiles")).toBeTruthy();
    await user.click(screen.getByRole("button", { name: "Show all the world, not only France" }));
    expect(useExplorer.getState().filter).toBeNull();
    expect(screen.queryByTestId("filter")).toBeNull();
    expect(document.activeElement).toBe(field());
  });
});

describe("the selection", () => {
  it("is counted and can be cleared", async () => {
    expect(screen.getByTestId("selection").textContent).toBe("0 tiles selected");
    useExplorer.getState().select(2, "map");
    expect(await screen.findByText("1 tile selected")).toBeTruthy();
    await user.click(screen.getByRole("button", { name: "Clear the selection" }));
    expect(useExplorer.getState().selected).toBeNull();
    expect(screen.getByTestId("selection").textContent).toBe("0 tiles selected");
  });
});

describe("the buttons", () => {
  it("change the view and say which is shown", async () => {
    const map = screen.getByRole("button", { name: "Map" });
    await user.click(map);
    expect(useExplorer.getState().view).toBe("map");
    expect(map.getAttribute("aria-pressed")).toBe("true");
  });

  it("change the colours, and the choice is there at the next visit", async () => {
    await user.click(screen.getByRole("button", { name: "Change to dark colours" }));
    expect(useExplorer.getState().theme).toBe("dark");
    expect(preferred()).toBe("dark");
    await user.click(screen.getByRole("button", { name: "Change to light colours" }));
    expect(preferred()).toBe("light");
  });

  it("open the help, as does ? while nobody is typing", async () => {
    await user.click(screen.getByRole("button", { name: "Help" }));
    expect(useExplorer.getState().helpOpen).toBe(true);
    useExplorer.getState().setHelpOpen(false);
    await user.keyboard("?");
    expect(useExplorer.getState().helpOpen).toBe(true);
  });

  it("leave a ? that is typed into a field alone", async () => {
    await user.type(field(), "?");
    await user.type(screen.getByLabelText("Notes"), "?");
    expect(useExplorer.getState().helpOpen).toBe(false);
  });
});
