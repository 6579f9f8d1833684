import { Lane, LIMITS, StreamKind } from "@luxbus/packet"
import { describe, expect, test } from "vitest"
import { framesOf, readyFrames } from "./frames.ts"
import { chunks, KIB, setUp, spread } from "./outbound-side.ts"

describe("the order of what waits", () => {
  test("control goes before error, and error before main, whatever woke first", () => {
    const { clock, mux, end, far } = setUp()
    const { end: sender, address } = end()
    sender.waiting.main.push(new Uint8Array(10))
    sender.waiting.error.push(new Uint8Array(10))
    sender.statements.push({ open: true })
    for (const lane of [Lane.main, Lane.error, Lane.control] as const) mux.wake(address, lane)
    clock.settle()
    expect(far.messages.map(framesOf)).toMatchObject([[{ type: "control" }, { lane: Lane.error }, { lane: Lane.main }]])
  })

  test("control goes on after a turn of main that was used up", () => {
    const { clock, mux, end, frames } = setUp({ credit: true })
    const { end: sender, address } = end()
    sender.waiting.main.push(...chunks(1, 20 * KIB))
    mux.wake(address, Lane.main)
    clock.settle()
    sender.statements.push({ open: true })
    mux.wake(address, Lane.control)
    clock.settle()
    expect(frames().map(({ type }) => type)).toEqual(["chunk", "control"])
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
    const { clock, link, mux, end, far, send } = setUp({ credit: true })
    const { end: sender, address } = end()
    link.stall()
    for (let i = 0; i < 12; i++) {
      const { frames, cost } = readyFrames(9, Lane.main, 1, 60 * KIB, i)
      expect(send(Lane.main, frames, cost)).toBe(true)
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

  test("ends with a backlog take turns, 16 KiB of cost each", () => {
    const { clock, mux, end, frames } = setUp({ credit: true })
    const senders = [end(), end(), end()]
    for (const { end: sender, address } of senders) {
      sender.waiting.main.push(...chunks(60, 4 * KIB - 64))
      mux.wake(address, Lane.main)
    }
    clock.settle()
    const turns = frames().map(({ alias }) => alias)
    expect(turns.slice(0, 15)).toEqual([1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 1, 1, 1])
    expect(turns.slice(-12)).toEqual([1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3])
  })

  test("passing frames of a stream take turns with those of others and with an end that has a backlog", () => {
    const { clock, link, mux, end, frames, send } = setUp({ credit: true })
    const { end: sender, address } = end()
    link.stall()
    clock.settle()
    for (const alias of [900, 901]) {
      for (let i = 0; i < 16; i++) send(Lane.main, ...spread(readyFrames(alias, Lane.main, 2, 8 * KIB - 64, i * 2)))
    }
    sender.waiting.main.push(...chunks(40, 4 * KIB - 64))
    mux.wake(address, Lane.main)
    link.unstall()
    clock.settle()
    const turns = frames().map(({ alias }) => alias)
    const round = [900, 900, 901, 901, address, address, address, address]
    expect(turns.slice(0, 24)).toEqual([...round, ...round, ...round])
  })

  test("an end that has little waits for nobody's backlog", () => {
    const { clock, mux, end, frames } = setUp({ credit: true })
    const big = end()
    const small = end()
    big.end.waiting.main.push(...chunks(200, 4 * KIB))
    small.end.waiting.main.push(new Uint8Array(1))
    mux.wake(big.address, Lane.main)
    mux.wake(small.address, Lane.main)
    clock.settle()
    expect(frames().findIndex(({ alias }) => alias === small.address)).toBe(4)
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
    const { clock, mux, end, far, send } = setUp({ credit: true })
    for (let i = 0; i < 4_000; i++) {
      mux.start(end().address, { epoch: 1 }, { kind: StreamKind.hosted, name: `stream.${i}`, headers: { note: "n" } })
    }
    const { frames, cost } = readyFrames(900, Lane.main, 15, 64 * KIB)
    expect(send(Lane.main, frames, cost)).toBe(true)
    clock.settle()
    const seen = far.messages.flatMap(framesOf)
    expect(seen.length).toBe(4_015)
    expect(seen.filter(({ type }) => type === "start").map(({ alias, fields }) => fields.alias ?? alias)).toEqual(
      Array.from({ length: 4_000 }, (_, i) => i + 1),
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
