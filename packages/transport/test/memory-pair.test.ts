import { systemClock } from "@luxbus/clock"
import { ManualClock } from "@luxbus/clock/testing"
import { LIMITS } from "@luxbus/packet"
import { describe, expect, test } from "vitest"
import { HIGH_WATER, type MemoryLinkOptions, memoryPair } from "../src/index.ts"
import { ConnectionRecorder, connectionConformance } from "../src/testing.ts"

for (const latencyMs of [0, 5]) {
  const clocks = { current: new ManualClock() }
  connectionConformance({
    name: `memoryPair with ${latencyMs} ms of latency on a manual clock`,
    describe,
    test,
    expect,
    maxMessageBytes: LIMITS.messageBytes,
    async open(dialled, accepted) {
      const clock = new ManualClock()
      clocks.current = clock
      const pair = memoryPair({ clock, latencyMs })
      accepted(pair.far)
      dialled(pair.near)
      return {
        stall: pair.stall,
        unstall: pair.unstall,
        release() {
          clock.advance(100)
          expect(clock.pendingTimers).toBe(0)
        },
      }
    },
    turn: async () => clocks.current.advance(1),
  })
}

connectionConformance({
  name: "memoryPair on the system's clock",
  describe,
  test,
  expect,
  maxMessageBytes: 100_000,
  async open(dialled, accepted) {
    const pair = memoryPair({ clock: systemClock(), maxMessageBytes: 100_000 })
    accepted(pair.far)
    dialled(pair.near)
    return { stall: pair.stall, unstall: pair.unstall, release: () => undefined }
  },
  turn: () => new Promise((resolve) => setImmediate(resolve)),
})

declare const setImmediate: (callback: () => void) => unknown

function startedPair(options: Partial<MemoryLinkOptions> = {}) {
  const clock = new ManualClock()
  const pair = memoryPair({ clock, ...options })
  const nearSeen = new ConnectionRecorder()
  const farSeen = new ConnectionRecorder()
  pair.near.start(nearSeen)
  pair.far.start(farSeen)
  clock.settle()
  return { ...pair, clock, nearSeen, farSeen }
}

test("hands messages over at the end of the turn, not copied", () => {
  const { near, clock, farSeen } = startedPair()
  const bytes = Uint8Array.of(1, 2, 3)
  near.send(bytes)
  expect(farSeen.messages).toEqual([])
  clock.settle()
  expect(farSeen.messages[0]).toBe(bytes)
})

test("shows the protocol that it was made with, by default the binary one", () => {
  expect(startedPair().near.protocol).toBe("luxbus.v1.bin")
  const { near, far } = startedPair({ protocol: "luxbus.v1.json" })
  expect([near.protocol, far.protocol, far.remoteAddress]).toEqual(["luxbus.v1.json", "luxbus.v1.json", "memory"])
})

test("delivers each message when its latency has passed, and counts it as undrained until then", () => {
  const { near, clock, farSeen } = startedPair({ latencyMs: 20 })
  near.send("aaaa")
  clock.advance(10)
  near.send("bb")
  clock.advance(9)
  expect([farSeen.messages, near.undrainedBytes]).toEqual([[], 6])
  clock.advance(1)
  expect([farSeen.messages, near.undrainedBytes]).toEqual([["aaaa"], 2])
  clock.advance(10)
  expect([farSeen.messages, near.undrainedBytes]).toEqual([["aaaa", "bb"], 0])
})

test("takes bytes no faster than its bandwidth", () => {
  const { near, clock, nearSeen, farSeen } = startedPair({ bytesPerSecond: 1_000_000 })
  for (let i = 0; i < 10; i++) near.send(new Uint8Array(10_000))
  expect(near.undrainedBytes).toBeGreaterThan(HIGH_WATER)
  clock.advance(50)
  expect([farSeen.messages.length, near.undrainedBytes, nearSeen.drains]).toEqual([5, 50_000, 0])
  clock.advance(20)
  expect([farSeen.messages.length, nearSeen.drains]).toEqual([7, 1])
  clock.advance(30)
  expect(farSeen.messages).toHaveLength(10)
})

test("cut() loses everything under way in both directions, and both sides learn of it once", () => {
  const { near, far, cut, clock, nearSeen, farSeen } = startedPair({ latencyMs: 5 })
  near.send("arrives")
  clock.advance(5)
  for (const side of [near, far]) for (const text of ["lost", "too"]) side.send(text)
  cut()
  expect([near.undrainedBytes, far.undrainedBytes]).toEqual([0, 0])
  near.send("after the cut")
  clock.advance(100)
  near.terminate()
  clock.advance(100)
  expect([farSeen.messages, nearSeen.messages]).toEqual([["arrives"], []])
  for (const { closes } of [nearSeen, farSeen]) {
    expect(closes.map(({ code, error }) => [code, error?.code])).toEqual([[1006, "connection_lost"]])
  }
  expect([near.undrainedBytes, far.undrainedBytes, clock.pendingTimers]).toEqual([0, 0, 0])
})

test("cut() keeps as many of the oldest messages as it is told, per direction", () => {
  const { near, far, cut, clock, nearSeen, farSeen } = startedPair({ latencyMs: 5 })
  for (let i = 0; i < 5; i++) {
    near.send(`to far ${i}`)
    far.send(`to near ${i}`)
  }
  cut({ keepToFar: 3, keepToNear: 1 })
  clock.advance(100)
  expect(farSeen.messages).toEqual(["to far 0", "to far 1", "to far 2"])
  expect(nearSeen.messages).toEqual(["to near 0"])
  expect([nearSeen.closes.length, farSeen.closes.length]).toEqual([1, 1])
})

test("cut() turns a graceful close under way into a loss", () => {
  const { near, cut, clock, nearSeen, farSeen } = startedPair({ latencyMs: 5 })
  near.close(4000, "done")
  cut()
  clock.advance(100)
  expect([nearSeen, farSeen].map(({ closes }) => closes.map(({ error }) => error?.code))).toEqual([
    ["connection_lost"],
    ["connection_lost"],
  ])
})

test("stall() moves nothing and closes nothing, whatever time passes; unstall() delivers all in order", () => {
  const { near, far, stall, unstall, clock, nearSeen, farSeen } = startedPair({ latencyMs: 5 })
  near.send("before")
  clock.advance(1)
  stall()
  expect(clock.pendingTimers).toBe(0)
  near.send("during")
  far.send("answer")
  clock.advance(3_600_000)
  expect([farSeen.messages, nearSeen.messages, nearSeen.closes, clock.pendingTimers]).toEqual([[], [], [], 0])
  unstall()
  clock.advance(5)
  expect([farSeen.messages, nearSeen.messages]).toEqual([["before", "during"], ["answer"]])
})

test.each(["near", "far"] as const)("stall(%j) holds back what goes to that side alone", (towards) => {
  const { near, far, stall, unstall, clock, nearSeen, farSeen } = startedPair()
  stall(towards)
  near.send("to far")
  far.send("to near")
  clock.advance(1)
  const [stalled, open] = towards === "near" ? [nearSeen, farSeen] : [farSeen, nearSeen]
  expect([stalled.messages.length, open.messages.length]).toEqual([0, 1])
  unstall()
  clock.advance(1)
  expect(stalled.messages.length).toBe(1)
})

test("a peer behind a stall learns of terminate() only when it ends", () => {
  const { near, stall, unstall, clock, nearSeen, farSeen } = startedPair()
  stall()
  near.terminate()
  clock.advance(1_000)
  expect([nearSeen.closes.length, farSeen.closes.length]).toEqual([1, 0])
  unstall()
  clock.advance(1)
  expect(farSeen.closes[0]?.error?.code).toBe("connection_lost")
})

test("a close that a silent peer does not answer ends by itself after 30 s", () => {
  const { near, stall, clock, nearSeen } = startedPair()
  stall()
  near.close(1001, "going_away")
  clock.advance(29_999)
  expect(nearSeen.closes).toEqual([])
  clock.advance(1)
  expect(nearSeen.closes).toEqual([{ code: 1006, reason: "terminated" }])
  expect(clock.pendingTimers).toBe(0)
})

test("keeps its order and its count over a backlog of thousands that is never empty", () => {
  const { near, clock, farSeen } = startedPair({ latencyMs: 3 })
  for (let i = 0; i < 6_000; i++) {
    near.send(String(i))
    if (i % 3 === 0) clock.advance(0.01)
  }
  clock.advance(10)
  expect(farSeen.messages).toEqual(Array.from({ length: 6_000 }, (_, i) => String(i)))
  expect(near.undrainedBytes).toBe(0)
})

test("two sides that answer each other at once still let time go on", () => {
  const clock = new ManualClock()
  const { near, far } = memoryPair({ clock })
  let answers = 0
  const echo = (to: typeof near) => ({
    onMessage: () => {
      if (++answers < 1_000) to.send("again")
    },
    onDrain: () => undefined,
    onClose: () => undefined,
  })
  near.start(echo(near))
  far.start(echo(far))
  near.send("first")
  clock.settle()
  expect(answers).toBe(1_000)
})

test.each([{ latencyMs: -1 }, { latencyMs: Number.NaN }, { bytesPerSecond: 0 }])("refuses %o", (options) => {
  expect(() => startedPair(options)).toThrow(expect.objectContaining({ code: "invalid_argument" }))
})
