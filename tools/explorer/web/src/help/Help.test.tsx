import { cleanup, fireEvent, render, screen, waitFor } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { afterEach, expect, it } from "vitest";
import { startExplorer } from "../core/exampleSource";
import { useExplorer } from "../core/store";
import { Help } from "./Help";

const dialog = () => document.querySelector("dialog")!;
const opened = async () => {
  useExplorer.getState().setHelpOpen(true);
  await waitFor(() => expect(dialog().open).toBe(true));
};

afterEach(cleanup);

it("is closed until it is asked for, and tells of the data that are loaded", async () => {
  await startExplorer();
  render(<Help />);
  expect(dialog().open).toBe(false);
  await opened();
  expect(dialog().textContent).toContain(
    "6 tiles, squares of 2.24 × 2.24 km, in 3 cities of 2 countries",
  );
});

it("says what must be said of the data", async () => {
  await startExplorer({ notice: "These places are invented." });
  render(<Help />);
  expect(dialog().textContent).toContain("These places are invented.");
});

it("says what the small pictures show, where there are some", async () => {
  await startExplorer({ config: { thumbnailNote: "Each square is a patch." } });
  render(<Help />);
  expect(dialog().textContent).toContain("Each square is a patch.");
});

it("closes by its button", async () => {
  await startExplorer();
  render(<Help />);
  await opened();
  await userEvent.click(screen.getByRole("button", { name: "Close the help" }));
  expect(dialog().open).toBe(false);
  expect(useExplorer.getState().helpOpen).toBe(false);
});

it("closes by a click beside it, and not by one on its words", async () => {
  await startExplorer();
  render(<Help />);
  await opened();
  fireEvent.click(screen.getByText("What it cannot tell"));
  expect(dialog().open).toBe(true);
  fireEvent.click(dialog());
  expect(dialog().open).toBe(false);
});

it("can be opened again after the browser closed it, as Escape does", async () => {
  await startExplorer();
  render(<Help />);
  await opened();
  dialog().close();
  await waitFor(() => expect(useExplorer.getState().helpOpen).toBe(false));
  await opened();
});

it("stays open where it is asked for while the browser is still telling of its closing", async () => {
  await startExplorer();
  render(<Help />);
  await opened();
  fireEvent.keyDown(dialog(), { key: "Escape" });
  expect(useExplorer.getState().helpOpen).toBe(false);
  await opened();
  fireEvent(dialog(), new Event("close"));
  expect(useExplorer.getState().helpOpen).toBe(true);
});
