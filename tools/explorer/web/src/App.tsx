import { useEffect } from "react";
import { useExplorer } from "./core/store";
import { apply } from "./core/theme";
import { Header } from "./header/Header";
import { Help } from "./help/Help";
import { MapPane } from "./map/MapPane";
import { Panel } from "./panel/Panel";
import { UmapPane } from "./umap/UmapPane";

export function App() {
  const theme = useExplorer((state) => state.theme);
  const view = useExplorer((state) => state.view);
  const loading = useExplorer((state) => state.loading);
  const retry = useExplorer((state) => state.retry);
  useEffect(() => apply(theme), [theme]);

  if (loading.status === "failed")
    return (
      <main className="app-notice" role="alert">
        <h1>The explorer cannot start</h1>
        <p>{loading.trouble.message}</p>
        <button type="button" onClick={retry}>
          Try again
        </button>
      </main>
    );
  if (loading.status === "loading")
    return (
      <main className="app-notice" role="status">
        <p>Loading the places…</p>
      </main>
    );
  return (
    <div className="app">
      <Header />
      <main className="app-views" data-view={view}>
        <div className="app-map" hidden={view === "umap"}>
          <MapPane />
        </div>
        <div className="app-umap" hidden={view === "map"}>
          <UmapPane />
        </div>
      </main>
      <Panel />
      <Help />
    </div>
  );
}
