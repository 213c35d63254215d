// Asking over HTTP, and telling a reader in plain words what went wrong.
import { Trouble } from "./types";

const PATIENCE = 15_000; // milliseconds

/** Fetch, or throw a `Trouble`; an answer that was called off throws the browser's own AbortError. */
export async function get(address: string, signal?: AbortSignal): Promise<Response> {
  const late = AbortSignal.timeout(PATIENCE);
  let response: Response;
  try {
    response = await fetch(address, { signal: signal ? AbortSignal.any([signal, late]) : late });
  } catch (error) {
    if (signal?.aborted) throw error;
    throw new Trouble(
      late.aborted
        ? "No answer came within 15 seconds. The server may be busy."
        : "The server cannot be reached. Is it still running, and is this machine online?",
      true,
    );
  }
  if (response.ok) return response;
  throw await troubleOf(response);
}

async function troubleOf(response: Response): Promise<Trouble> {
  const isProblem = response.headers.get("Content-Type")?.startsWith("application/problem+json");
  const problem: { title?: string; detail?: string } = isProblem ? await response.json() : {};
  const words =
    problem.detail || problem.title || `The server answered with the status ${response.status}.`;
  const again = response.status === 429 || response.status >= 500;
  const after = Number(response.headers.get("Retry-After"));
  return after > 0 ? new Trouble(words, again, after) : new Trouble(words, again);
}
