import { afterEach, expect, test } from "vitest"
import { sendBulk } from "../test/flat-memory.ts"
import { SYSTEMS, type System } from "../test/system.ts"

const GIB = 2 ** 30

let system: System | undefined
afterEach(async () => {
  await system?.close()
})

test.each(Object.keys(SYSTEMS))(
  "%s, memory stays flat while 2 GiB go through one stream",
  async (kind) => {
    system = await SYSTEMS[kind]?.()
    if (system === undefined) throw new Error(kind)
    const { arrivedBytes, peakBytes } = await sendBulk(system, 2 * GIB)
    expect(arrivedBytes).toBe(2 * GIB)
    expect(peakBytes).toBeLessThan(160 * 2 ** 20)
  },
  300_000,
)
