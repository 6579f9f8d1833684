import type { ViteUserConfig } from "vitest/config"

/** How every package is tested: from sources, nothing built before. `test` overrides vitest's options for one package. */
export declare const preset: (test?: ViteUserConfig["test"]) => ViteUserConfig
