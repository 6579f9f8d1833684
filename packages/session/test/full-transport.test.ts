import { ManualClock } from "@luxbus/clock/testing"
import { BROKER_LIMITS, type DataLane, Lane, LIMITS, StreamKind, Urgency } from "@luxbus/packet"
import { HIGH_WATER, memoryPair } from "@luxbus/transport"
import { ConnectionRecorder } from "@luxbus/transport/testing"
import { describe, expect, test } from "vitest"
import { CONTROL_PATIENCE_MS } from "../src/broker-outbound.ts"
import { framesOf, message, readyFrames } from "./frames.ts"
import { MuxSide } from "./mux-side.ts"
import { chunks, grantAll, KIB, setUp, spread } from "./outbound-side.ts"
import { TestEnd } from "./test-end.ts"

describe("a full transport", () => {
  test("is handed nothing while it has 64 KiB undrained", () => {
    const { clock, link, mux, end, connection, frames, send } = setUp({ credit: true })
    const { end: sender, address } = end()
    link.stall()
    sender.waiting.main.push(...chunks(30, 30 * KIB))
    mux.wake(address, Lane.main)
    clock.settle()
    const full = connection.undrainedBytes
    expect(full).toBeGreaterThanOrEqual(HIGH_WATER)
    const late = end()
    for (let i = 0; i < 5_000; i++) mux.control(late.address, 0, { lane: Lane.main, cum: i, credit: i })
    send(Lane.error, ...spread(readyFrames(7, Lane.error, 1, 1_000)))
    mux.flush()
    expect(mux.share(Lane.main, ...spread(readyFrames(7, Lane.main, 1, 10)))).toBe(false)
    clock.settle()
    expect(connection.undrainedBytes).toBe(full)
    link.unstall()
    clock.settle()
    expect(
      frames()
        .filter(({ type }) => type === "control")
        .map(({ fields }) => fields.cum),
    ).toEqual(Array.from({ length: 5_000 }, (_, i) => i))
    expect(frames().filter(({ type }) => type === "chunk").length).toBe(31)
  })

  test("that passes nothing on for 10 s ends the connection", () => {
    const { clock, link, mux, end, closes } = setUp({ credit: true })
    const { end: sender, address } = end()
    link.stall()
    sender.waiting.main.push(...chunks(30, 30 * KIB))
    mux.wake(address, Lane.main)
    clock.advance(9_999)
    expect(mux.closed).toBe(false)
    clock.advance(1)
    expect(closes).toMatchObject([{ code: 1006, error: { code: "connection_lost" } }])
    expect(sender.log).toEqual(["detach"])
    expect(clock.pendingTimers).toBe(0)
  })

  test("that is slow but moves does not", () => {
    const clock = new ManualClock()
    const link = memoryPair({ clock, bytesPerSecond: 16 * KIB })
    const far = new ConnectionRecorder()
    link.far.start(far)
    const { mux, closes } = new MuxSide(clock, link.near, "broker")
    const sender = new TestEnd()
    const address = mux.allocate(sender)
    sender.waiting.main.push(...chunks(40, 4 * KIB))
    sender.waiting.error.push(...chunks(5, 30 * KIB))
    mux.wake(address, Lane.error)
    mux.wake(address, Lane.main)
    // Something comes back now and then, or the heartbeat would find it dead.
    for (let i = 0; i < 6; i++) {
      clock.advance(10_000)
      link.far.send(message((writer) => writer.control(0, 0, { pong: 1 })))
    }
    expect(closes).toEqual([])
    expect(far.messages.flatMap(framesOf).filter(({ type }) => type === "chunk").length).toBe(45)
  })

  test("that passes something on in every 10 s does not, however full it stays", () => {
    const clock = new ManualClock()
    const link = memoryPair({ clock, bytesPerSecond: 20 * KIB })
    link.far.start(new ConnectionRecorder())
    const { mux, closes } = new MuxSide(clock, link.near, "broker")
    expect(mux.share(Lane.main, ...spread(readyFrames(5, Lane.main, 1, 60 * KIB)))).toBe(true)
    expect(mux.share(Lane.main, ...spread(readyFrames(5, Lane.main, 1, 255 * KIB)))).toBe(true)
    mux.control(0, 0, { goingAway: {} })
    clock.advance(15_000)
    expect(link.near.undrainedBytes).toBeGreaterThan(HIGH_WATER)
    expect(closes).toEqual([])
  })

  test("a broker keeps 1 MiB of control for a client that reads none, and then ends its connection", () => {
    const { clock, link, mux, end, closes } = setUp()
    const { address } = end()
    link.stall()
    for (let i = 0; i < 20_000; i++) mux.control(address, 0, { lane: Lane.main, cum: i, credit: i })
    clock.settle()
    expect(closes).toEqual([])
    for (let i = 0; i < 5_000; i++) mux.control(address, 0, { lane: Lane.main, cum: i, credit: i })
    clock.settle()
    expect(closes).toMatchObject([{ code: 1006, error: { code: "connection_lost" } }])
  })
})

describe("a client that reads no control", () => {
  /** Its transport is full, and so many bytes of control wait behind it, or nearly. */
  const behind = (bytes: number) => {
    const side = setUp({ credit: true })
    const { clock, link, mux, end } = side
    const { end: sender, address } = end()
    link.stall()
    sender.waiting.main.push(...chunks(3, 30 * KIB))
    mux.wake(address, Lane.main)
    clock.settle()
    const statement = { reason: "x".repeat(977) }
    for (let i = 0; i < Math.ceil(bytes / KIB); i++) mux.control(address, 0, statement)
    clock.settle()
    return side
  }

  test("is put out when more than 64 KiB have waited for a second", () => {
    const { clock, closes } = behind(2 * BROKER_LIMITS.controlBacklogBytes + KIB)
    clock.advance(CONTROL_PATIENCE_MS - 1)
    expect(closes).toEqual([])
    clock.advance(1)
    expect(closes).toMatchObject([{ code: 1006, error: { code: "connection_lost" } }])
    expect(clock.pendingTimers).toBe(0)
  })

  test("stays while no more than 64 KiB wait", () => {
    const { clock, closes } = behind(BROKER_LIMITS.controlBacklogBytes)
    clock.advance(9_000)
    expect(closes).toEqual([])
  })

  test("stays where it reads them in time", () => {
    const { clock, link, closes } = behind(2 * BROKER_LIMITS.controlBacklogBytes + KIB)
    clock.advance(CONTROL_PATIENCE_MS - 1)
    link.unstall()
    clock.settle()
    clock.advance(5_000)
    expect(closes).toEqual([])
  })

  test("is put out at once beyond 1 MiB", () => {
    const { closes } = behind(LIMITS.messageBytes + 2 * BROKER_LIMITS.controlBacklogBytes)
    expect(closes.length).toBe(1)
  })
})

describe("a slow transport", () => {
  /** A connection of 64 KiB/s on which two ends have more to send than it takes. */
  const contended = (lane: DataLane) => {
    const clock = new ManualClock()
    const link = memoryPair({ clock, bytesPerSecond: 64 * KIB })
    const far = new ConnectionRecorder()
    link.far.start(far)
    const { mux } = new MuxSide(clock, link.near, "broker")
    link.far.send(grantAll)
    clock.settle()
    const start = (urgency: number) => {
      const end = new TestEnd()
      const address = mux.allocate(end)
      mux.start(address, { epoch: 1, hop: urgency }, { kind: StreamKind.delivery, name: `of.${urgency}` })
      end.waiting[lane === Lane.main ? "main" : "error"].push(...chunks(1_000, 4 * KIB - 64))
      mux.wake(address, lane)
      return { end, address }
    }
    const seen = (address: number) =>
      far.messages.flatMap(framesOf).filter((frame) => frame.type === "chunk" && frame.alias === address).length
    return { clock, mux, start, seen, far }
  }

  test.each([Lane.main, Lane.error])("lets high overtake low, and low still moves (lane %s)", (lane) => {
    const { clock, start, seen } = contended(lane)
    const low = start(Urgency.low)
    clock.advance(2_000)
    const before = seen(low.address)
    expect(before).toBeGreaterThan(10)
    const high = start(Urgency.high)
    clock.advance(20_000)
    expect(seen(high.address)).toBeGreaterThan(2 * (seen(low.address) - before))
    // A message of 64 KiB takes a second: low has waited too long whenever one is built.
    expect(seen(low.address) - before).toBeGreaterThanOrEqual(4 * 18)
  })

  test("lets error overtake main of high urgency", () => {
    const { clock, mux, start, far } = contended(Lane.main)
    start(Urgency.high)
    const low = start(Urgency.low)
    clock.advance(2_000)
    low.end.waiting.error.push(new Uint8Array(10))
    mux.wake(low.address, Lane.error)
    clock.advance(3_000)
    expect(far.messages.flatMap(framesOf).some((frame) => frame.lane === Lane.error)).toBe(true)
  })
})
