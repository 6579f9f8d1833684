import { SeededRandom } from "@luxbus/clock/testing"
import { expect, test } from "vitest"
import { cluster, expectNothingLeft, LOSSY, WINDOW_MS } from "./test-cluster.ts"

const NAMES = ["A", "B", "C"] as const
const STEPS = 120
const SEEDS = Array.from({ length: 25 }, (_, i) => i + 1)

/**
 * A writer and three readers of one hosted stream wander between three brokers, whose backplane loses, repeats and
 * reorders; brokers fall silent for a while; then all is well again.
 */
function wander(seed: number, maxSilenceMs: number) {
  const random = new SeededRandom(seed * 7 + maxSilenceMs)
  const pick = <T>(items: readonly T[]): T => items[random.integer(0, items.length - 1)]!
  const { nodes, backplane, clock } = cluster(NAMES, seed)
  backplane.losses = LOSSY
  const writer = pick(nodes).client("w")
  const job = writer.host("job")
  const readers = NAMES.map((name) => pick(nodes).client(`r${name}`))
  const viewers = readers.map((reader) => reader.attach("job", "start", true))
  const silentUntilMs = new Map<string, number>()
  const texts: string[] = []
  for (let i = 0; i < STEPS; i++) {
    const mover = random.float() < 0.1 ? writer : random.float() < 0.1 ? pick(readers) : undefined
    mover?.cut()
    clock.advance(random.integer(1, 300))
    mover?.reconnect(pick(nodes))
    if (random.float() < 0.04) silentUntilMs.set(pick(NAMES), clock.now() + random.integer(1, maxSilenceMs))
    backplane.muted.clear()
    for (const [name, until] of silentUntilMs) if (clock.now() < until) backplane.muted.add(name)
    if (job.error !== undefined) continue
    texts.push(`${i}.`)
    job.write(`${i}.`)
    if (i % 7 === 0) job.writeError(`${i}.`)
  }
  backplane.muted.clear()
  clock.advance(10_000)
  if (job.error === undefined) job.finish()
  clock.advance(WINDOW_MS + 10_000)
  return { nodes, job, viewers, texts }
}

test.each(SEEDS)("brokers that fall silent for two seconds lose and repeat nothing (seed %i)", (seed) => {
  const { nodes, job, viewers, texts } = wander(seed, 2_000)
  expect(job.writer.state).toBe("complete")
  for (const viewer of viewers) {
    expect(viewer.texts()).toEqual(texts)
    expect(viewer.texts("error")).toEqual(texts.filter((_, i) => i % 7 === 0))
    expect(viewer.verified()).toBe(true)
    expect(viewer.completed).toBe(true)
  }
  expectNothingLeft(nodes)
})

test.each(SEEDS)(
  "however long brokers fall silent, every end ends or is told why, and nothing is left (seed %i)",
  (seed) => {
    const { nodes, job, viewers } = wander(seed, 20_000)
    expect(["complete", "failed"]).toContain(job.writer.state)
    for (const { outcome, error } of viewers) expect(outcome ?? error).toBeDefined()
    expectNothingLeft(nodes)
  },
)
