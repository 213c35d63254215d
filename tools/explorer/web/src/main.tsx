import { createRoot } from "react-dom/client";
import { App } from "./App";
import { keepAddress } from "./core/address";
import { ServerSource } from "./core/server";
import { StaticSource } from "./core/static";
import { useExplorer } from "./core/store";
import { apply, preferred } from "./core/theme";
import { read } from "./core/url";
import "./styles/index.css";

// The same build reads a server, or files beside the page: the page itself says which.
const said = document.querySelector<HTMLMetaElement>('meta[name="explorer-source"]')!.content;
const [kind, root] = said.split(/:(.*)/s) as [string, string];
const source = kind === "static" ? new StaticSource(root) : new ServerSource(root);

const theme = preferred();
apply(theme);
useExplorer.setState({ theme });
keepAddress();
void useExplorer.getState().start(source, read(location.search));

createRoot(document.getElementById("app")!).render(<App />);
