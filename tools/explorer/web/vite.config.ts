import react from "@vitejs/plugin-react";
import { defineConfig } from "vitest/config";

// The same build is served by the API at / and lies in the published book under a folder,
// so every address in it is relative.
export default defineConfig({
  base: "./",
  plugins: [react()],
  build: {
    outDir: "../built",
    emptyOutDir: true,
    assetsInlineLimit: 0, // what is inlined, a strict content security policy refuses
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: 1200,
  },
  worker: { format: "es" },
  server: { proxy: { "/api": "http://127.0.0.1:8765" } },
  test: { environment: "happy-dom", include: ["src/**/*.test.{ts,tsx}"] },
});
