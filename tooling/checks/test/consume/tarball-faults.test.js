import { expect, test } from "vitest"
import { tarballFaults } from "../../src/consume/tarball-faults.js"

const MANIFEST = {
  name: "@luxbus/one",
  version: "0.0.0",
  exports: { ".": { types: "./dist/index.d.ts", default: "./dist/index.js" } },
  dependencies: { ws: "8.0.0" },
}
const MAP = JSON.stringify({ sources: ["../src/index.ts"], sourcesContent: ["export {}"] })
const FILES = {
  "README.md": "# one",
  LICENSE: "MIT",
  "dist/index.js": 'import "ws"\nimport "node:fs"\nimport "./chunk.js"\n//# sourceMappingURL=index.js.map',
  "dist/index.js.map": MAP,
  "dist/index.d.ts": "export {}",
}

/**
 * @param {Readonly<Record<string, string | undefined>>} changes over the good files; undefined: the file is not there
 * @param {object} manifest over the good one
 */
function faultsOf(changes, manifest = {}) {
  const all = { ...MANIFEST, ...manifest }
  const files = Object.entries({ "package.json": JSON.stringify(all), ...FILES, ...changes }).flatMap(([file, text]) =>
    text === undefined ? [] : [/** @type {const} */ ([file, text])],
  )
  return tarballFaults({ name: MANIFEST.name, tarball: "", manifest: all, files: new Map(files) })
}

test("a package with all that its users need has no fault", () => {
  expect(faultsOf({})).toEqual([])
})

test.each([
  ["a missing licence", { LICENSE: undefined }, "has no LICENSE"],
  ["a test", { "test/index.test.ts": "" }, "carries test/index.test.ts"],
  ["a source", { "src/index.ts": "" }, "carries src/index.ts"],
  ["a missing entry", { "dist/index.d.ts": undefined }, "its manifest leads to ./dist/index.d.ts, which is not there"],
  ["a missing map", { "dist/index.js.map": undefined }, "dist/index.js leads to index.js.map, which is not there"],
  [
    "a map without its sources",
    { "dist/index.js.map": JSON.stringify({ sources: ["../src/index.ts"] }) },
    "dist/index.js.map leads to sources that it does not hold",
  ],
  ["an import of nobody's", { "dist/b.js": 'import "vitest"' }, "dist/b.js imports vitest, which is no dependency"],
  [
    "a type of nobody's",
    { "dist/b.d.ts": 'export type A = import("vitest").Test' },
    "dist/b.d.ts imports vitest, which is no dependency",
  ],
])("finds %s", (_what, changes, fault) => {
  expect(faultsOf(changes)).toEqual([fault])
})

test.each([
  ["a version of the workspace", { dependencies: { ws: "workspace:^" } }, "workspace:"],
  ["a version of the catalog", { dependencies: { ws: "catalog:" } }, "catalog:"],
  ["the condition of sources", { exports: { ".": { "@luxbus/source": "./dist/index.js" } } }, "@luxbus/source"],
])("finds %s in the manifest", (_what, manifest, found) => {
  expect(faultsOf({}, manifest)).toEqual([`its manifest holds ${found}`])
})
