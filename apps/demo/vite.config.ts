import { fileURLToPath } from "node:url"
import { defineConfig } from "vite"

const path = (relative: string) => fileURLToPath(new URL(relative, import.meta.url))

export default defineConfig({
  root: path("src/browser"),
  // Relative URLs: the page works at any path that a proxy gives it.
  base: "./",
  resolve: { conditions: ["@luxbus/source", "browser", "module"] },
  oxc: { jsx: { runtime: "automatic", importSource: "preact" } },
  logLevel: "warn",
  build: {
    outDir: path("dist/page"),
    emptyOutDir: true,
    target: "es2022",
    modulePreload: { polyfill: false },
    // The policy of the page (see page-headers.ts) lets no data: URL in.
    assetsInlineLimit: 0,
    rolldownOptions: {
      input: [path("src/browser/index.html"), path("src/browser/send.html"), path("src/browser/type.html")],
    },
  },
})
