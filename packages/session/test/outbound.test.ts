import { ManualClock } from "@luxbus/clock/testing"
import { chunkCost, Lane, LIMITS, StreamKind } from "@luxbus/packet"
import { HIGH_WATER, memoryPair } from "@luxbus/transport"
import { ConnectionRecorder } from "@luxbus/transport/testing"
import { describe, expect, test } from "vitest"
import { framesOf, message, readyFrames, type SeenFrame } from "./frames.ts"
import { MuxSide } from "./mux-side.ts"
import { TestEnd } from "./test-end.ts"

const KIB = 1024
const grantAll = message((writer) => {
  writer.control(0, 0, { lane: Lane.main, credit: 2 ** 40 })
  writer.control(0, 0, { lane: Lane.error, credit: 2 ** 40 })
})

/** One side is a multiplexer, the other a plain connection that keeps what arrives. */
function setUp(options: { readonly role?: "client" | "broker"; readonly credit?: boolean } = {}) {
  const clock = new ManualClock()
  const link = memoryPair({ clock })
  const far = new ConnectionRecorder()
  link.far.start(far)
  const side = new MuxSide(clock, link.near, options.role ?? "broker")
  if (options.credit) {
    link.far.send(grantAll)
    clock.settle()
  }
  const end = (): { end: TestEnd; address: number } => {
    const testEnd = new TestEnd()
    return { end: testEnd, address: side.mux.allocate(testEnd) }
  }
  const frames = (): SeenFrame[] => far.messages.flatMap(framesOf)
  return { clock, link, far, ...side, side, end, frames, connection: link.near }
}

const chunks = (count: number, bytes: number) => Array.from({ length: count }, () => new Uint8Array(bytes))

describe("the order of what waits", () => {
  test("control goes before error, and error before main, whatever woke first", () => {
    const { clock, mux, end, far } = setUp()
    const { end: sender, address } = end()
    sender.waiting.main.push(new Uint8Array(10))
    sender.waiting.error.push(new Uint8Array(10))
    sender.statements.push({ open: true })
    for (const lane of [Lane.main, Lane.error, Lane.control] as const) mux.wake(address, lane)
    clock.settle()
    expect(far.messages.map(framesOf)).toMatchObject([
      [{ type: "control" }, { lane: Lane.error }, { lane: Lane.main }],
    ])
  })

  test("an error overtakes a backlog of main within one message", () => {
    const { clock, link, mux, end, far } = setUp({ credit: true })
    const { end: sender, address } = end()
    link.stall()
    sender.waiting.main.push(...chunks(200, 4 * KIB))
    mux.wake(address, Lane.main)
    clock.settle()
    sender.waiting.error.push(new Uint8Array(100))
    mux.wake(address, Lane.error)
    link.unstall()
    clock.settle()
    const at = far.messages.findIndex((one) => framesOf(one).some((frame) => frame.lane === Lane.error))
    expect(at).toBe(1)
    expect(framesOf(far.messages[at]!)[0]).toMatchObject({ lane: Lane.error })
    expect(far.messages.length).toBeGreaterThan(10)
  })

  test("an error overtakes frames that pass through", () => {
    const { clock, link, mux, end, far } = setUp({ credit: true })
    const { end: sender, address } = end()
    link.stall()
    for (let i = 0; i < 12; i++) {
      const { frames, cost } = readyFrames(9, Lane.main, 1, 60 * KIB, i)
      expect(mux.send(Lane.main, frames, cost)).toBe(true)
    }
    clock.settle()
    sender.waiting.error.push(new Uint8Array(100))
    mux.wake(address, Lane.error)
    link.unstall()
    clock.settle()
    const lanes = far.messages.flatMap(framesOf).map((frame) => frame.lane)
    expect(lanes.indexOf(Lane.error)).toBeLessThanOrEqual(2)
    expect(lanes.length).toBe(13)
  })

  test("ends with a backlog take turns, one message each", () => {
    const { clock, mux, end, far } = setUp({ credit: true })
    const senders = [end(), end(), end()]
    for (const { end: sender, address } of senders) {
      sender.waiting.main.push(...chunks(60, 4 * KIB))
      mux.wake(address, Lane.main)
    }
    clock.settle()
    const firsts = far.messages.slice(0, 6).map((one) => framesOf(one)[0]?.alias)
    expect(firsts).toEqual([1, 2, 3, 1, 2, 3])
  })

  test("passing frames take turns with an end that has a backlog", () => {
    const { clock, link, mux, end, far } = setUp({ credit: true })
    const { end: sender, address } = end()
    link.stall()
    clock.settle()
    for (let i = 0; i < 12; i++) {
      const { frames, cost } = readyFrames(900, Lane.main, 1, 64 * KIB, i)
      mux.send(Lane.main, frames, cost)
    }
    sender.waiting.main.push(...chunks(200, 4 * KIB))
    mux.wake(address, Lane.main)
    link.unstall()
    clock.settle()
    const firsts = far.messages.slice(0, 6).map((one) => framesOf(one)[0]?.alias)
    expect(firsts).toEqual([900, address, 900, address, 900, address])
  })

  test("an end that has little waits for nobody's backlog", () => {
    const { clock, mux, end, far } = setUp({ credit: true })
    const big = end()
    const small = end()
    big.end.waiting.main.push(...chunks(200, 4 * KIB))
    small.end.waiting.main.push(new Uint8Array(1))
    mux.wake(big.address, Lane.main)
    mux.wake(small.address, Lane.main)
    clock.settle()
    const at = far.messages.findIndex((one) => framesOf(one).some((frame) => frame.alias === small.address))
    expect(at).toBe(1)
  })

  test("what is direct goes before what is pulled", () => {
    const { clock, mux, end, frames } = setUp()
    const { end: sender, address } = end()
    sender.waiting.error.push(new Uint8Array(1))
    mux.wake(address, Lane.error)
    mux.start(address, { epoch: 1 }, { kind: StreamKind.delivery, name: "job" })
    clock.settle()
    expect(frames().map(({ type }) => type)).toEqual(["start", "chunk"])
  })

  test("waking an end again, or one that was freed, does nothing", () => {
    const { clock, mux, end, frames } = setUp()
    const { end: sender, address } = end()
    const pulled: number[] = []
    sender.onPull = (lane) => pulled.push(lane)
    mux.wake(address, Lane.main)
    mux.wake(address, Lane.main)
    mux.wake(999, Lane.main)
    clock.settle()
    expect(pulled).toEqual([Lane.main])
    mux.wake(address, Lane.main)
    mux.release(address)
    mux.wake(address, Lane.main)
    clock.settle()
    expect(pulled).toEqual([Lane.main])
    expect(frames()).toEqual([])
  })

  test("an end that throws as it is pulled from is reset alone", () => {
    const { clock, mux, end, frames } = setUp()
    const bad = end()
    const good = end()
    bad.end.onPull = () => mux.control(bad.address, 0, { reason: "x".repeat(5_000) })
    good.end.waiting.main.push(new Uint8Array(1))
    mux.wake(bad.address, Lane.main)
    mux.wake(good.address, Lane.main)
    clock.settle()
    expect(bad.end.log).toEqual(["reset too_large"])
    expect(frames()).toMatchObject([{ type: "error", fields: { alias: 1, code: "too_large" } }, { alias: 2 }])
  })

  test("a defect in an end closes the connection and tells its owner, and nothing is thrown into the loop", () => {
    const { clock, mux, end, closes } = setUp()
    const bad = end()
    const cause = new TypeError("a defect")
    bad.end.onPull = () => {
      throw cause
    }
    mux.wake(bad.address, Lane.main)
    clock.settle()
    expect(closes).toMatchObject([{ code: 1011, error: { code: "internal", cause } }])
    expect(bad.end.log).toEqual(["detach"])
  })
})

describe("messages", () => {
  test("what one turn writes shares one message", () => {
    const { clock, mux, end, far } = setUp()
    for (let i = 0; i < 50; i++) {
      const { end: sender, address } = end()
      sender.waiting.main.push(new Uint8Array(20))
      mux.wake(address, Lane.main)
      mux.control(address, 0, { open: true })
    }
    clock.settle()
    expect(far.messages.length).toBe(1)
    expect(framesOf(far.messages[0]!).length).toBe(100)
  })

  test("a turn's backlog is cut into messages of 64 KiB and one frame at most", () => {
    const { clock, mux, end, far } = setUp({ credit: true })
    const { end: sender, address } = end()
    sender.waiting.main.push(...chunks(100, 10 * KIB))
    mux.wake(address, Lane.main)
    clock.settle()
    const sizes = far.messages.map((one) => one.length)
    expect(Math.max(...sizes)).toBeLessThanOrEqual(LIMITS.flushBytes + 10 * KIB + 20)
    expect(Math.min(...sizes.slice(0, -1))).toBeGreaterThanOrEqual(LIMITS.flushBytes)
  })

  test("none is above 1 MiB, however large the frames that pass and however many STARTs one turn brings", () => {
    const { clock, mux, end, far } = setUp({ credit: true, role: "client" })
    for (let i = 0; i < 8_000; i++) {
      mux.start(end().address, { epoch: 1 }, { kind: StreamKind.hosted, name: `stream.${i}`, headers: { note: "n" } })
    }
    const { frames, cost } = readyFrames(900, Lane.main, 15, 64 * KIB)
    expect(mux.send(Lane.main, frames, cost)).toBe(true)
    clock.settle()
    const seen = far.messages.flatMap(framesOf)
    expect(seen.length).toBe(8_015)
    expect(seen.filter(({ type }) => type === "start").map(({ alias, fields }) => fields.alias ?? alias)).toEqual(
      Array.from({ length: 8_000 }, (_, i) => i + 1),
    )
    expect(Math.max(...far.messages.map((one) => one.length))).toBeLessThan(LIMITS.messageBytes / 2)
  })

  test("flush sends at once", () => {
    const { clock, mux, end, connection, far } = setUp()
    mux.control(end().address, 0, { open: true })
    expect(connection.undrainedBytes).toBe(0)
    mux.flush()
    expect(connection.undrainedBytes).toBeGreaterThan(0)
    clock.settle()
    expect(far.messages.length).toBe(1)
  })
})

describe("a full transport", () => {
  test("is handed nothing while it has 64 KiB undrained", () => {
    const { clock, link, mux, end, connection, frames } = setUp({ credit: true, role: "client" })
    const { end: sender, address } = end()
    link.stall()
    sender.waiting.main.push(...chunks(30, 30 * KIB))
    mux.wake(address, Lane.main)
    clock.settle()
    const full = connection.undrainedBytes
    expect(full).toBeGreaterThanOrEqual(HIGH_WATER)
    const late = end()
    for (let i = 0; i < 5_000; i++) mux.control(late.address, 0, { lane: Lane.main, cum: i, credit: i })
    mux.send(Lane.error, ...spread(readyFrames(7, Lane.error, 1, 1_000)))
    mux.flush()
    expect(mux.share(Lane.main, ...spread(readyFrames(7, Lane.main, 1, 10)))).toBe(false)
    clock.settle()
    expect(connection.undrainedBytes).toBe(full)
    link.unstall()
    clock.settle()
    expect(frames().filter(({ type }) => type === "control").map(({ fields }) => fields.cum)).toEqual(
      Array.from({ length: 5_000 }, (_, i) => i),
    )
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

describe("ready-made frames", () => {
  test("are taken up to the connection's window, and again once there is room", () => {
    const { clock, link, mux, frames } = setUp({ credit: true })
    link.stall()
    clock.settle()
    const one = readyFrames(5, Lane.main, 1, 64 * KIB - 64)
    let taken = 0
    while (mux.send(Lane.main, one.frames, one.cost)) taken++
    expect(taken).toBe(16)
    expect(mux.send(Lane.error, ...spread(readyFrames(5, Lane.error, 1, 10)))).toBe(true)
    let told = 0
    mux.onRoom(() => {
      told++
      expect(mux.send(Lane.main, one.frames, one.cost)).toBe(true)
    })
    clock.settle()
    expect(told).toBe(0)
    link.unstall()
    clock.settle()
    expect(told).toBe(1)
    expect(frames().filter(({ lane }) => lane === Lane.main).length).toBe(17)
  })

  test("are told of room even where none of them wait", () => {
    const { clock, mux } = setUp()
    const { frames } = readyFrames(5, Lane.main, 1, 10)
    expect(mux.send(Lane.main, frames, LIMITS.connectionWindowBytes.main + 1)).toBe(false)
    let told = 0
    mux.onRoom(() => told++)
    clock.settle()
    expect(told).toBe(1)
  })

  test("go out in their order, each whole, also where a run is larger than a frame may be", () => {
    const { clock, mux, frames, far } = setUp({ credit: true })
    mux.send(Lane.main, ...spread(readyFrames(5, Lane.main, 5_000, 100)))
    mux.send(Lane.main, ...spread(readyFrames(5, Lane.main, 10, 10, 5_000)))
    clock.settle()
    expect(frames().map(({ number }) => number)).toEqual(Array.from({ length: 5_010 }, (_, i) => i))
    expect(Math.max(...far.messages.map((one) => one.length))).toBeLessThan(LIMITS.messageBytes / 2)
  })

  test("a run never passes the connection's ceiling by more than one frame", () => {
    const { clock, link, mux, far } = setUp()
    let received = 0
    const renew = () => {
      received = far.messages.flatMap(framesOf).reduce((sum, { bytes }) => sum + chunkCost(bytes), 0)
      return received
    }
    mux.send(Lane.main, ...spread(readyFrames(5, Lane.main, 15, 60 * KIB)))
    clock.settle()
    mux.send(Lane.main, ...spread(readyFrames(5, Lane.main, 15, 60 * KIB, 15)))
    clock.settle()
    expect(renew()).toBeLessThanOrEqual(LIMITS.connectionWindowBytes.main + chunkCost(LIMITS.framePayloadBytes))
    link.far.send(message((writer) => writer.control(0, 0, { lane: Lane.main, credit: received + 1024 * KIB })))
    clock.settle()
    expect(far.messages.flatMap(framesOf).map(({ number }) => number)).toEqual(Array.from({ length: 30 }, (_, i) => i))
  })

  test("what waits beyond its turn does not keep a much larger message alive", () => {
    const { clock, link, mux, far } = setUp({ credit: true })
    link.stall()
    const large = new Uint8Array(64 * KIB)
    const small = readyFrames(5, Lane.main, 1, 10)
    large.set(small.frames, 1_000)
    mux.send(Lane.main, ...spread(readyFrames(5, Lane.main, 2, 40 * KIB)))
    clock.settle()
    mux.send(Lane.main, large.subarray(1_000, 1_000 + small.frames.length), small.cost)
    clock.settle()
    // The view is not read any more: what it shows may change.
    large.fill(0)
    link.unstall()
    clock.settle()
    expect(far.messages.flatMap(framesOf).at(-1)).toMatchObject({ alias: 5, bytes: 10 })
  })
})

describe("shared frames", () => {
  test("go to every connection as the same buffer", () => {
    const clock = new ManualClock()
    const { frames, cost } = readyFrames(0x4000_0001, Lane.main, 10, 100)
    const received = [1, 2, 3].map(() => {
      const link = memoryPair({ clock })
      const far = new ConnectionRecorder()
      link.far.start(far)
      const { mux } = new MuxSide(clock, link.near, "broker")
      expect(mux.share(Lane.main, frames, cost)).toBe(true)
      return far
    })
    clock.settle()
    for (const far of received) expect(far.messages[0]).toBe(frames)
  })

  test("go behind what the connection has already", () => {
    const { clock, mux, end, frames } = setUp()
    const { end: sender, address } = end()
    sender.waiting.main.push(new Uint8Array(3))
    mux.wake(address, Lane.main)
    mux.control(address, 0, { open: true })
    expect(mux.share(Lane.main, ...spread(readyFrames(50, Lane.main, 1, 7)))).toBe(true)
    clock.settle()
    expect(frames().map(({ type, bytes }) => [type, bytes])).toEqual([
      ["control", 0],
      ["chunk", 3],
      ["chunk", 7],
    ])
  })

  test("are refused while anything waits for credit", () => {
    const { clock, mux, end } = setUp()
    const { end: sender, address } = end()
    sender.waiting.main.push(...chunks(20, 64 * KIB))
    mux.wake(address, Lane.main)
    clock.settle()
    expect(sender.waiting.main.length).toBeGreaterThan(0)
    expect(mux.share(Lane.error, ...spread(readyFrames(50, Lane.error, 1, 7)))).toBe(false)
  })

  test("are refused beyond the connection's credit", () => {
    const { clock, mux } = setUp()
    const part = readyFrames(50, Lane.main, 1, 200 * KIB)
    for (let i = 0; i < 5; i++) {
      expect(mux.share(Lane.main, part.frames, part.cost)).toBe(true)
      clock.settle()
    }
    expect(mux.share(Lane.main, part.frames, part.cost)).toBe(false)
  })

  test("are refused by a full transport and by a closed connection", () => {
    const { clock, link, mux } = setUp()
    link.stall()
    const one = readyFrames(50, Lane.main, 1, 64 * KIB)
    expect(mux.share(Lane.main, one.frames, one.cost)).toBe(true)
    expect(mux.share(Lane.main, one.frames, one.cost)).toBe(false)
    link.unstall()
    clock.settle()
    expect(mux.share(Lane.main, one.frames, one.cost)).toBe(true)
    mux.close()
    expect(mux.share(Lane.main, one.frames, one.cost)).toBe(false)
    expect(mux.send(Lane.main, one.frames, one.cost)).toBe(false)
  })

  test("are refused from within a pull, whose message is not whole yet", () => {
    const { clock, mux, end, frames } = setUp()
    const { end: sender, address } = end()
    const shared = readyFrames(50, Lane.main, 1, 7)
    sender.waiting.main.push(new Uint8Array(1))
    let taken: boolean | undefined
    sender.onPull = () => {
      taken = mux.share(Lane.main, shared.frames, shared.cost)
    }
    mux.wake(address, Lane.main)
    clock.settle()
    expect(taken).toBe(false)
    expect(frames()).toMatchObject([{ alias: address, bytes: 1 }])
  })
})

function spread({ frames, cost }: { frames: Uint8Array; cost: number }): [Uint8Array, number] {
  return [frames, cost]
}
