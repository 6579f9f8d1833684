import { ChunkFlag } from "@luxbus/packet"
import fc from "fast-check"
import { expect, test } from "vitest"
import { codeOf, TestBus } from "./test-bus.ts"
import { encode } from "./text.ts"

test("gives the last messages that the topic still has, whole ones, and no gap", () => {
  const message = fc.record({
    chunks: fc.integer({ min: 1, max: 4 }),
    bytes: fc.constantFrom(1, 30_000),
    pass: fc.boolean(),
  })
  fc.assert(
    fc.property(fc.array(message, { maxLength: 25 }), fc.integer({ min: 1, max: 30 }), (messages, count) => {
      const bus = new TestBus({ topicRingBytes: 150_000 })
      const p = bus.client("p")
      const all: string[][] = []
      for (const [i, { chunks, bytes, pass }] of messages.entries()) {
        const parts = Array.from({ length: chunks }, (_, n) => `${i}.${n}`.padEnd(bytes))
        all.push(parts)
        p.publishBytes(
          "t",
          ...parts.map((text, n) => ({ data: encode(text), flags: n < chunks - 1 ? ChunkFlag.more : 0 })),
        )
        if (pass) bus.pass(1)
      }
      bus.pass()
      const whole = bus.client("s").subscribe("t", "start")
      const last = bus.client("t").subscribe("t", { last: count })
      bus.pass()
      const held = all.filter((parts) => parts.every((part) => whole.texts().includes(part)))
      expect(last.texts()).toEqual(held.slice(-count).flat())
      p.publish("t", "next")
      bus.pass()
      expect(last.texts().at(-1)).toBe("next")
    }),
    { numRuns: 60 },
  )
})

test("begins with the next message where there is none yet, and goes on at its place after a lost connection", () => {
  const bus = new TestBus()
  const [p, client] = [bus.client("p"), bus.client("s")]
  const reader = client.subscribe("t", { last: 2 })
  bus.pass()
  for (const text of ["1", "2", "3"]) p.publish("t", text)
  bus.pass()
  client.cut()
  p.publish("t", "4")
  client.reconnect()
  bus.pass()
  expect(reader.texts()).toEqual(["1", "2", "3", "4"])
})

test("gives what is still being taken in this turn behind the last", () => {
  const bus = new TestBus()
  const p = bus.client("p")
  p.publish("t", "1", "2")
  bus.pass()
  p.publish("t", "3")
  const reader = bus.client("s").subscribe("t", { last: 1 })
  bus.pass()
  expect(reader.texts()).toEqual(["2", "3"])
})

test("refuses what is no number of messages, and the last ones of a pattern, a group or a stream", () => {
  const bus = new TestBus()
  const client = bus.client("s")
  for (const last of [0, -1, 1.5, "3", null]) {
    expect(codeOf(() => client.command("subscribe", { subject: "t", from: { last } }))).toBe("invalid_argument")
  }
  const from = { last: 1 }
  expect(codeOf(() => client.command("subscribe", { subject: "t.*", from }))).toBe("unsupported")
  expect(codeOf(() => client.command("subscribe", { subject: "t", from, group: "g", member: 0 }))).toBe("unsupported")
  client.host("job")
  bus.pass()
  expect(codeOf(() => client.command("attach", { name: "job", from }))).toBe("invalid_argument")
  expect(bus.dispatcher.usage.patterns).toBe(0)
})
