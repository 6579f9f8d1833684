import { ManualClock, SeededRandom } from "@luxbus/clock/testing"
import { expect } from "vitest"
import type { DispatcherOptions } from "../src/index.ts"
import { type Losses, LossyBackplane } from "./lossy-backplane.ts"
import { TestBus } from "./test-bus.ts"

export const WINDOW_MS = 120_000
export const LOSSY: Losses = { lost: 0.3, repeated: 0.1, delayMs: 80 }

/** Brokers of these names on one backplane, which loses nothing yet. */
export function cluster(
  names: readonly string[],
  seed = 1,
  options: DispatcherOptions & { readonly ringBytes?: number } = {},
) {
  const clock = new ManualClock()
  const backplane = new LossyBackplane(clock, new SeededRandom(seed))
  const nodes = names.map(
    (name, i) => new TestBus(options, { clock, seed: seed * 100 + i, backplane: backplane.join(name) }),
  )
  return { clock, backplane, nodes }
}

/** Everything has ended: only clients that are connected, and finished streams, are known anywhere. */
export function expectNothingLeft(nodes: readonly TestBus[]): void {
  nodes[0]!.clock.advance(2 * WINDOW_MS)
  for (const { dispatcher } of nodes) {
    expect(dispatcher.usage).toMatchObject({ relays: 0, waitingRelays: 0, waitingReaders: 0, links: 0, mirrors: 0 })
  }
}
