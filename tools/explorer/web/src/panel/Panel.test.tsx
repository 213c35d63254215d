import { act, cleanup, render, screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { afterEach, describe, expect, it, vi } from "vitest";
import { startExplorer } from "../core/exampleSource";
import { useExplorer } from "../core/store";
import { Trouble, type Page, type Query } from "../core/types";
import { Panel } from "./Panel";

const LYON = 0;
const SAO_PAULO = 3;
const user = userEvent.setup();
const explorer = () => useExplorer.getState();
const results = () =>
  within(screen.getByRole("list")).getAllByRole("button") as HTMLButtonElement[];
const select = (tile: number) => act(async () => explorer().select(tile, "map"));
const announced = () => screen.getByTestId("announcer").textContent;

async function show(given: Parameters<typeof startExplorer>[0] = {}) {
  await startExplorer(given);
  render(<Panel />);
}

afterEach(() => {
  cleanup();
  vi.useRealTimers();
});

describe("while nothing is selected", () => {
  it("offers the largest city of each continent to begin with", async () => {
    await show();
    await user.click(screen.getByRole("button", { name: "São Paulo, Brazil" }));
    expect(explorer().places!.cityOf(explorer().selected!).name).toBe("São Paulo");
  });

  it("leads to what this cannot tell", async () => {
    await show();
    await user.click(screen.getByRole("button", { name: "What this cannot tell" }));
    expect(explorer().helpOpen).toBe(true);
  });

  it("says when the data are invented", async () => {
    await show({ notice: "These places are invented." });
    expect(screen.getByText("These places are invented.")).toBeTruthy();
  });
});

describe("the selected tile", () => {
  it("is told by city, country, continent and where it lies", async () => {
    await show();
    await select(LYON);
    const card = screen.getByRole("region", { name: "Lyon" });
    expect(card.textContent).toContain("France · Europe");
    expect(card.textContent).toContain("45.000° N, 0.000° E");
  });

  it("is brought into sight in the view that is asked for", async () => {
    await show();
    await select(LYON);
    const before = explorer().revealed;
    await user.click(screen.getByRole("button", { name: "Show on the map" }));
    expect(explorer().revealed).toBe(before + 1);
    explorer().setView("map");
    await user.click(screen.getByRole("button", { name: "Show among look-alikes" }));
    expect(explorer().view).toBe("umap");
  });

  it("takes the focus when it was chosen in the list, and leaves it where it is otherwise", async () => {
    await show();
    await select(LYON);
    expect(document.activeElement).toBe(document.body);
    await user.click(results()[0]!);
    expect(document.activeElement).toBe(screen.getByRole("heading", { name: "Lyon" }));
  });
});

describe("the results", () => {
  it("stand in order with place and score, and are announced", async () => {
    await show();
    await select(SAO_PAULO);
    const told = results().map((one) => one.textContent);
    expect(told).toEqual(["1. LyonFrancelikeness 0.90", "2. LyonFrancelikeness 0.78"]);
    expect(announced()).toBe("Selected: a tile in São Paulo, Brazil. 2 look-alikes.");
  });

  it("grow by a page, up to the most that may be asked for", async () => {
    await show();
    await select(SAO_PAULO);
    await user.click(screen.getByRole("button", { name: "Show more" }));
    expect(results()).toHaveLength(4);
    expect(screen.queryByRole("button", { name: "Show more" })).toBeNull();
    const end = screen.getByText("These are the 4 most alike. The list goes no further.");
    expect(document.activeElement).toBe(end);
  });

  it("are marked in the views while pointed at or focused", async () => {
    await show();
    await select(SAO_PAULO);
    await user.hover(results()[1]!);
    expect(explorer()).toMatchObject({ hovered: 1, hoveredFrom: "list" });
    await user.unhover(results()[1]!);
    expect(explorer().hovered).toBeNull();
    act(() => results()[0]!.focus());
    expect(explorer().hovered).toBe(0);
  });

  it("are marked themselves while a view points at them", async () => {
    await show();
    await select(SAO_PAULO);
    act(() => explorer().hover(1, "map"));
    expect(results().map((one) => one.dataset.hovered)).toEqual(["false", "true"]);
  });

  it("lead on to their own look-alikes", async () => {
    await show();
    await select(SAO_PAULO);
    await user.click(results()[0]!);
    expect(explorer()).toMatchObject({ selected: 0, selectedFrom: "list" });
  });

  it("keep a place for themselves while they are awaited", async () => {
    await show({ similar: () => new Promise<Page>(() => {}) });
    await select(LYON);
    expect(screen.getByTestId("loading")).toBeTruthy();
    expect(screen.getByRole("region", { name: "Look-alikes" }).getAttribute("aria-busy")).toBe(
      "true",
    );
  });

  it("say that there are none, and what to change", async () => {
    await show({ similar: async () => ({ hits: [], more: false }) });
    await select(LYON);
    await act(async () => explorer().setFilter({ kind: "country", code: "BR" }));
    expect(
      screen.getByText("There is no other tile to compare with in Brazil, outside its own city."),
    ).toBeTruthy();
    expect(screen.getByText("Look beyond Brazil, or let its own city in.")).toBeTruthy();
  });
});

describe("what goes wrong", () => {
  it("is said in its own words and can be tried again", async () => {
    let broken = true;
    const similar = async ({ tile }: Query): Promise<Page> => {
      if (broken) throw new Trouble("The index is gone.", true);
      return { hits: [{ tile: tile + 1, score: 0.5 }], more: false };
    };
    await show({ similar });
    await select(LYON);
    expect(screen.getByRole("alert").textContent).toBe("The index is gone.");
    broken = false;
    await user.click(screen.getByRole("button", { name: "Try again" }));
    expect(screen.queryByRole("alert")).toBeNull();
    expect(results()).toHaveLength(1);
  });

  it("is not to be tried again before the server wants it, and the alert keeps still meanwhile", async () => {
    vi.useFakeTimers();
    await show({ similar: () => Promise.reject(new Trouble("Too many questions.", true, 2)) });
    await select(LYON);
    const button = screen.getByRole<HTMLButtonElement>("button", { name: "Try again in 2 s" });
    expect(button.disabled).toBe(true);
    await act(() => vi.advanceTimersByTimeAsync(1000));
    expect(button.textContent).toBe("Try again in 1 s");
    expect(screen.getByRole("alert").textContent).toBe("Too many questions.");
    await act(() => vi.advanceTimersByTimeAsync(1000));
    expect(button).toMatchObject({ disabled: false, textContent: "Try again" });
  });

  it("offers no second try where that cannot help", async () => {
    await show({ similar: () => Promise.reject(new Trouble("No such method.", false)) });
    await select(LYON);
    expect(screen.queryByRole("button", { name: /Try again/ })).toBeNull();
  });

  it("keeps the results that were there when only the next page failed", async () => {
    const similar = async ({ offset }: Query): Promise<Page> => {
      if (offset) throw new Trouble("The index is gone.", true);
      return { hits: [{ tile: 1, score: 0.5 }], more: true };
    };
    await show({ similar });
    await select(LYON);
    await user.click(screen.getByRole("button", { name: "Show more" }));
    expect(results()).toHaveLength(1);
    expect(screen.getByRole("alert").textContent).toBe("The index is gone.");
  });
});

describe("how to compare", () => {
  it("is chosen among the methods that there are, each with a sentence", async () => {
    const asked: string[] = [];
    await show({
      similar: async ({ method }) => {
        asked.push(method);
        return { hits: [], more: false };
      },
    });
    await select(LYON);
    const choice = screen.getByRole("combobox", { name: "Compare by" });
    expect(screen.getByText("All patches together.")).toBeTruthy();
    expect(
      within(choice).getByRole<HTMLOptionElement>("option", { name: /Contrast/ }),
    ).toMatchObject({
      disabled: true,
      textContent: "Contrast (not in this index)",
    });
    await user.selectOptions(choice, "median");
    expect(asked).toEqual(["mean", "median"]);
    expect(screen.getByText("Patches in the middle.")).toBeTruthy();
  });

  it("may let the tile's own city in", async () => {
    await show();
    await select(LYON);
    const only = screen.getByRole("switch", { name: "Only other cities" });
    expect(only.getAttribute("aria-checked")).toBe("true");
    await user.click(only);
    expect(explorer().otherCitiesOnly).toBe(false);
    expect(only.getAttribute("aria-checked")).toBe("false");
  });

  it("says what a filter does to the list, which depends on where the data come from", async () => {
    await show();
    await select(LYON);
    await act(async () => explorer().setFilter({ kind: "country", code: "BR" }));
    expect(screen.getByTestId("filter-words").textContent).toBe(
      "Only look-alikes in Brazil are listed.",
    );
    expect(announced()).toContain("Brazil only: 2 tiles.");
    cleanup();
    await show({ config: { canFilterSearch: false } });
    await select(LYON);
    await act(async () => explorer().setFilter({ kind: "country", code: "BR" }));
    expect(screen.getByTestId("filter-words").textContent).toContain(
      "The list is of all the world",
    );
  });
});

describe("pictures", () => {
  it("show a square of a larger picture where it has several, and nothing where it fails", async () => {
    const seen = new Set<(entries: { isIntersecting: boolean }[]) => void>();
    vi.stubGlobal(
      "IntersectionObserver",
      class {
        constructor(private readonly told: (entries: { isIntersecting: boolean }[]) => void) {}
        observe = () => seen.add(this.told);
        disconnect = () => seen.delete(this.told);
      },
    );
    const asked: number[] = [];
    const sprite = { column: 1, row: 2, columns: 3, rows: 3 };
    await show({
      thumbnail: async (_, tile) => {
        asked.push(tile);
        if (tile === 1) throw new Trouble("gone", true);
        return { url: "pictures/7.png", sprite };
      },
    });
    await select(LYON);
    expect(asked).toEqual([]); // nothing has come into sight
    await act(async () => seen.forEach((told) => told([{ isIntersecting: true }])));
    const pictures = [...document.querySelectorAll<HTMLElement>(".panel-picture")];
    await waitFor(() => expect(pictures[0]!.style.backgroundImage).toContain("pictures/7.png"));
    expect(pictures[0]!.style.backgroundSize).toBe("300% 300%");
    expect(pictures[0]!.style.backgroundPosition).toBe("50% 100%");
    expect(pictures[1]!.style.backgroundImage).toBe("");
    vi.unstubAllGlobals();
  });
});
