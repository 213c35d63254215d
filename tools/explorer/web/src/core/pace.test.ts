import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { afterResults } from "./pace";
import { useExplorer } from "./store";

const later = () => new Promise((done) => setTimeout(done, 60));

describe("a view that is to move", () => {
  beforeEach(() => useExplorer.setState({ results: { status: "none" } }));
  afterEach(() => vi.useRealTimers());

  it("moves at once where nothing is being asked", async () => {
    const act = vi.fn();
    afterResults(act);
    await later();
    expect(act).toHaveBeenCalledOnce();
  });

  it("waits for the answer, and moves after it was shown", async () => {
    const act = vi.fn();
    afterResults(act);
    useExplorer.setState({ results: { status: "loading" } }); // asked in the same turn, as a selection does
    await later();
    expect(act).not.toHaveBeenCalled();
    useExplorer.setState({ results: { status: "ready", hits: [], more: false } });
    await later();
    expect(act).toHaveBeenCalledOnce();
  });

  it("does not wait for ever", async () => {
    const act = vi.fn();
    afterResults(act);
    useExplorer.setState({ results: { status: "loading" } });
    await vi.waitFor(() => expect(act).toHaveBeenCalledOnce(), 2000);
  });

  it("is left alone when it is to move elsewhere meanwhile", async () => {
    const act = vi.fn();
    const leave = afterResults(act);
    useExplorer.setState({ results: { status: "loading" } });
    await later();
    leave();
    useExplorer.setState({ results: { status: "ready", hits: [], more: false } });
    await later();
    expect(act).not.toHaveBeenCalled();
  });
});
