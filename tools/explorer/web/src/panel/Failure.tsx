import { useEffect, useState } from "react";
import { useExplorer } from "../core/store";
import type { Trouble } from "../core/types";

/** What went wrong, and the way on. The clock stands outside the alert, or every second would be read out. */
export function Failure({ trouble }: { trouble: Trouble }) {
  const retry = useExplorer((state) => state.retry);
  const left = useSecondsLeft(trouble);
  return (
    <div className="panel-failure">
      <p role="alert">{trouble.message}</p>
      {trouble.again && (
        <button type="button" disabled={left > 0} onClick={retry}>
          {left > 0 ? `Try again in ${left} s` : "Try again"}
        </button>
      )}
    </div>
  );
}

function useSecondsLeft(trouble: Trouble): number {
  const [passed, setPassed] = useState({ since: trouble, seconds: 0 });
  const seconds = passed.since === trouble ? passed.seconds : 0;
  const left = Math.max(0, Math.ceil(trouble.after ?? 0) - seconds);
  useEffect(() => {
    if (left === 0) return;
    const second = setTimeout(() => setPassed({ since: trouble, seconds: seconds + 1 }), 1000);
    return () => clearTimeout(second);
  }, [trouble, left, seconds]);
  return left;
}
