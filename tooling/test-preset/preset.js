import { defineConfig } from "vitest/config"

const conditions = ["@luxbus/source", "node", "import", "module", "default"]

/**
 * How every package is tested: its own sources and those of its dependencies, nothing built before.
 * @param {import("vitest/config").ViteUserConfig["test"]} test overrides for one package
 */
export const preset = (test = {}) =>
  defineConfig({
    resolve: { conditions },
    ssr: { resolve: { conditions, externalConditions: conditions } },
    test: {
      include: ["test/**/*.test.ts"],
      // A watchdog for what hangs, not a measure of speed: machines under load are slow, and that is no fault.
      testTimeout: 60_000,
      hookTimeout: 60_000,
      expect: { poll: { timeout: 30_000 } },
      ...test,
    },
  })
