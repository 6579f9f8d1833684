import { defineConfig } from "tsup"

/**
 * How every package is built: ESM only, one file per entry with shared chunks, declarations beside them.
 * The one place that knows tsup: moving to another bundler is a change to this file.
 * @param {readonly string[]} entry sources of the entries in the package's `exports`
 */
export const preset = (entry = ["src/index.ts"]) =>
  defineConfig({
    entry: [...entry],
    format: "esm",
    target: "es2023",
    platform: "neutral",
    external: [/^node:/],
    dts: { compilerOptions: { customConditions: [], ignoreDeprecations: "6.0" } },
    clean: true,
    sourcemap: true,
    silent: true,
  })
