import { afterEach, expect, test } from "vitest"
import { sendBulk } from "./flat-memory.ts"
import { SYSTEMS, type System } from "./system.ts"

const MIB = 1024 * 1024
/** The process itself, windows, and buffers that wait for the collector's sweep; what kept all it sent would pass it. */
const BOUND_BYTES = 160 * MIB

let system: System | undefined
afterEach(async () => {
  await system?.close()
})

/** Base64 and JSON leave so much to the collector that a peak says nothing of what is kept. */
const IN_BYTES = Object.keys(SYSTEMS).filter((kind) => !kind.includes("JSON"))

test.each(IN_BYTES)(
  "%s, memory stays flat while 256 MiB go through one stream",
  async (kind) => {
    system = await SYSTEMS[kind]?.()
    if (system === undefined) throw new Error(kind)
    const { arrivedBytes, peakBytes } = await sendBulk(system, 256 * MIB)
    expect(arrivedBytes).toBe(256 * MIB)
    expect(peakBytes).toBeLessThan(BOUND_BYTES)
  },
  60_000,
)
