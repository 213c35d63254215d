import { render, screen } from "@testing-library/react";
import { describe, expect, it } from "vitest";
import { Attribution } from "./Attribution";
import { counted } from "./MapCount";

describe("words on the map", () => {
  it("count tiles in all, in the filter and in view", () => {
    expect(counted({ all: 1440, kept: 1440, inView: 12 })).toBe("1,440 tiles · 12 in view");
    expect(counted({ all: 48_881, kept: 35, inView: 7 })).toBe("35 of 48,881 tiles · 7 in view");
    expect(counted({ all: 1440, kept: 24, inView: 24 })).toBe("24 of 1,440 tiles · all in view");
  });

  it("name whose picture it is, with addresses as links and nothing else as markup", () => {
    render(
      <Attribution land="Land: Natural Earth" picture="<b>A</b> (https://one.example/x) by B" />,
    );
    const text = screen.getByTestId("map-attribution");
    expect(text.textContent).toBe("Land: Natural Earth · <b>A</b> (one.example) by B");
    expect(text.querySelector("b")).toBeNull();
    expect(screen.getByRole("link").getAttribute("href")).toBe("https://one.example/x");
  });
});
