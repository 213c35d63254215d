import { useExplorer } from "../core/store";
import { Announcer } from "./Announcer";
import { Choices } from "./Choices";
import "./panel.css";
import { ResultList } from "./ResultList";
import { SelectedTile } from "./SelectedTile";
import { Welcome } from "./Welcome";

export function Panel() {
  const selected = useExplorer((state) => state.selected);
  const note = useExplorer((state) => state.note);
  const places = useExplorer((state) => state.places)!;
  return (
    <aside className="app-panel panel" aria-label="Look-alikes">
      {places.synthetic && <p className="panel-notice">{places.notice}</p>}
      {note && (
        <p className="panel-note" role="alert">
          {note}
        </p>
      )}
      {selected === null ? (
        <Welcome />
      ) : (
        <>
          <SelectedTile tile={selected} />
          <Choices />
          <ResultList />
        </>
      )}
      <Announcer />
    </aside>
  );
}
