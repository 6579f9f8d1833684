import { defineConfig } from "tsup"

const shared = {
  format: "esm",
  target: "es2023",
  platform: "neutral",
  external: [/^node:/],
  clean: true,
  sourcemap: true,
  silent: true,
}

const declarations = { customConditions: [], ignoreDeprecations: "6.0" }

/**
 * How every package is built: ESM only, one module per source, declarations beside the entries. A page's bundler can
 * then leave out, or load later, what it does not need at once: a bundle would be one module to it, all or nothing.
 * The one place that knows tsup: moving to another bundler is a change to this file.
 * @param {readonly string[]} entry sources of the entries in the package's `exports`
 */
export const preset = (entry = ["src/index.ts"]) =>
  defineConfig({
    ...shared,
    entry: ["src/**/*.ts"],
    esbuildPlugins: [eachModuleByItself],
    dts: { entry: [...entry], compilerOptions: declarations },
  })

/**
 * How applications are built: one file per entry with shared chunks, so that a command starts quickly.
 * @param {readonly string[]} entry sources of the entries in the package's `exports` and `bin`
 */
export const appPreset = (entry) =>
  defineConfig({ ...shared, entry: [...entry], dts: { compilerOptions: declarations } })

/** Leaves imports of sources as imports, of what each source is built to. */
const eachModuleByItself = {
  name: "each-module-by-itself",
  setup(build) {
    build.onResolve({ filter: /^\.{1,2}\// }, ({ kind, path }) =>
      kind === "entry-point" ? undefined : { path: path.replace(/\.ts$/, ".js"), external: true },
    )
  },
}
