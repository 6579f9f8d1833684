import { ChunkFlag, matchSubject } from "@luxbus/packet"
import fc from "fast-check"
import { expect, test } from "vitest"
import { TestBus, type TestClient } from "../test-bus.ts"
import type { TestReader } from "../test-reader.ts"
import { encode } from "../text.ts"

const SUBJECTS = ["a", "a.b", "a.c", "b.b", "b.c.d", "c"] as const
const PATTERNS = [">", "a.*", "*.b", "b.>", "*"] as const
const PUBLISHERS = ["p", "q"] as const

interface Published {
  readonly origin: string
  readonly subject: string
  readonly text: string
}

interface Watching {
  readonly client: TestClient
  readonly pattern: string
  readonly reader: TestReader
  /** Places from here on are its. */
  readonly first: number
}

const step = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      type: fc.constant("publish" as const),
      origin: fc.constantFrom(...PUBLISHERS),
      subject: fc.constantFrom(...SUBJECTS),
      chunks: fc.integer({ min: 1, max: 3 }),
      bytes: fc.constantFrom(1, 1, 1, 700, 30_000),
    }),
  },
  { weight: 3, arbitrary: fc.record({ type: fc.constant("pass" as const), ms: fc.constantFrom(0, 0, 1, 1, 400) }) },
  {
    weight: 1,
    arbitrary: fc.record({
      type: fc.constant("subscribe" as const),
      pattern: fc.constantFrom(...PATTERNS),
      from: fc.constantFrom("start", "now"),
    }),
  },
  { weight: 1, arbitrary: fc.record({ type: fc.constant("cut" as const), index: fc.nat() }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constant("reconnect" as const), index: fc.nat() }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constant("pause" as const), index: fc.nat() }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constant("block" as const), index: fc.nat() }) },
)

/**
 * Every chunk that matches comes once, under its place, with its names, or is told of as gone before any later one of its
 * subject.
 */
function check({ pattern, reader, first }: Watching, published: readonly Published[]): void {
  let place = first
  let [origin, subject] = ["", ""]
  let missing: string[] = []
  const passUpTo = (number: number) => {
    expect(number).toBeGreaterThanOrEqual(place)
    missing.push(...published.slice(place, number).flatMap(({ subject }) => (matches(subject) ? [subject] : [])))
    place = number
  }
  const matches = (subject: string) => matchSubject(pattern, subject)
  const texts = reader.texts()
  for (const [index, item] of reader.items.entries()) {
    if (item.type === "gap") {
      passUpTo(item.first)
      missing = []
    }
    if (item.type !== "chunk") continue
    origin = item.origin ?? origin
    subject = item.subject ?? subject
    passUpTo(item.number)
    expect(missing).not.toContain(subject)
    expect({ origin, subject, text: texts[index] }).toEqual(published[place++])
  }
  passUpTo(published.length)
  expect(missing).toEqual([])
}

test("every subscriber gets the whole order of what matches, or hears of what is gone, whatever happens", () => {
  fc.assert(
    fc.property(fc.array(step, { minLength: 20, maxLength: 120 }), fc.boolean(), (steps, forgets) => {
      const bus = new TestBus({
        topicRingBytes: 100_000,
        topicIdleMs: forgets ? 1_000 : 600_000,
        topics: [
          { match: "a.*", history: { messages: 3 } },
          { match: "b.>", history: { ageMs: 700 } },
        ],
      })
      const publishers = { p: bus.client("p"), q: bus.client("q") }
      const published: Published[] = []
      const watching: Watching[] = []
      for (const each of steps) {
        const watcher = "index" in each ? watching[each.index % watching.length] : undefined
        if (each.type === "publish") {
          const { origin, subject, chunks, bytes } = each
          const parts = Array.from({ length: chunks }, (_, i) => `${published.length + i} `.padEnd(bytes))
          for (const text of parts) published.push({ origin, subject, text })
          const flags = (i: number) => (i < chunks - 1 ? ChunkFlag.more : 0)
          publishers[origin].publishBytes(subject, ...parts.map((text, i) => ({ data: encode(text), flags: flags(i) })))
        } else if (each.type === "pass") {
          bus.pass(each.ms)
        } else if (each.type === "subscribe") {
          bus.settle()
          // Who has not heard that it is served begins anew when it comes back.
          const { pattern } = each
          // Who asks for all that there is hears nothing of topics that are gone.
          const from = forgets ? "now" : each.from
          const client = bus.client(`s${watching.length}`)
          const first = from === "start" ? 0 : published.length
          watching.push({ client, pattern, reader: client.subscribe(pattern, from), first })
          bus.pass(1)
        } else if (watcher !== undefined) {
          if (each.type === "cut") watcher.client.cut()
          else if (each.type === "pause") watcher.reader.paused = !watcher.reader.paused
          else if (each.type === "block") watcher.client.broker.full = !watcher.client.broker.full
          else {
            watcher.client.cut()
            watcher.client.reconnect()
          }
        }
      }
      for (const { client, reader } of watching) {
        client.cut()
        client.reconnect()
        reader.resume()
      }
      bus.pass(100)
      for (const each of watching) check(each, published)
    }),
    { numRuns: 100 },
  )
})
