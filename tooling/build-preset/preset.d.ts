import type { Options } from "tsup"

/** How every package is built. `entry` holds the sources of the entries in the package's `exports`; default `src/index.ts`. */
export declare const preset: (entry?: readonly string[]) => Options | Options[]

/** How applications are built. `entry` holds the sources of the entries in `exports` and `bin`. */
export declare const appPreset: (entry: readonly string[]) => Options | Options[]
