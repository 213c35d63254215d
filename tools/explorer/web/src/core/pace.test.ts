import { beforeEach, describe, expect, it, vi } from "vitest";
import { afterResults, asks, Turn } from "./pace";
import { useExplorer } from "./store";

const later = () => new Promise((done) => setTimeout(done, 60));

describe("a view that is to move", () => {
  beforeEach(() => useExplorer.setState({ results: { status: "none" } }));

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

describe("the turn of a view", () => {
  beforeEach(() => useExplorer.setState({ results: { status: "none" }, selected: null }));
  const answer = () =>
    useExplorer.setState({ results: { status: "ready", hits: [], more: false } });
  const ask = () => useExplorer.setState({ results: { status: "loading" } });

  it("comes after the look-alikes, and what is marked meanwhile is marked then", async () => {
    const did: string[] = [];
    const turn = new Turn(() => did.push("mark"));
    turn.wait(() => did.push("move"));
    ask();
    turn.now();
    await later();
    expect(did).toEqual([]);
    answer();
    await later();
    expect(did).toEqual(["mark", "move"]);
    turn.now();
    expect(did).toEqual(["mark", "move", "mark"]);
  });

  it("keeps a move that waits when only what is marked changes, and drops it for another", async () => {
    const did: string[] = [];
    const turn = new Turn(() => {});
    turn.wait(() => did.push("first"));
    ask();
    turn.wait();
    await later();
    turn.wait(() => did.push("second"));
    answer();
    await later();
    expect(did).toEqual(["second"]);
  });
});

describe("a change of the state", () => {
  it("asks for look-alikes where it selects or begins a search, and not where one ends", () => {
    const before = useExplorer.getState();
    expect(asks({ ...before, selected: 3 }, before)).toBe(true);
    expect(asks({ ...before, results: { status: "loading" } }, before)).toBe(true);
    expect(asks({ ...before, hovered: 3 }, before)).toBe(false);
    expect(asks({ ...before, results: { status: "none" } }, before)).toBe(false);
  });
});
