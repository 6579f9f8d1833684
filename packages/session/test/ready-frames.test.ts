import { ManualClock } from "@luxbus/clock/testing"
import { chunkCost, Lane, LIMITS } from "@luxbus/packet"
import { memoryPair } from "@luxbus/transport"
import { ConnectionRecorder } from "@luxbus/transport/testing"
import { describe, expect, test } from "vitest"
import { framesOf, message, readyFrames } from "./frames.ts"
import { MuxSide } from "./mux-side.ts"
import { chunks, KIB, setUp, spread } from "./outbound-side.ts"

describe("ready-made frames", () => {
  test("are taken up to the connection's window, and again once there is room", () => {
    const { clock, link, mux, frames, send } = setUp({ credit: true })
    link.stall()
    clock.settle()
    const one = readyFrames(5, Lane.main, 1, 64 * KIB - 64)
    let taken = 0
    while (send(Lane.main, one.frames, one.cost)) taken++
    expect(taken).toBe(16)
    expect(send(Lane.error, ...spread(readyFrames(5, Lane.error, 1, 10)))).toBe(true)
    let told = 0
    mux.onRoom(() => {
      told++
      expect(send(Lane.main, one.frames, one.cost)).toBe(true)
    })
    clock.settle()
    expect(told).toBe(0)
    link.unstall()
    clock.settle()
    expect(told).toBe(1)
    expect(frames().filter(({ lane }) => lane === Lane.main).length).toBe(17)
  })

  test("are told of room even where none of them wait", () => {
    const { clock, mux, send } = setUp()
    const { frames } = readyFrames(5, Lane.main, 1, 10)
    expect(send(Lane.main, frames, LIMITS.connectionWindowBytes.main + 1)).toBe(false)
    let told = 0
    mux.onRoom(() => told++)
    clock.settle()
    expect(told).toBe(1)
  })

  test("go out in their order, each whole, also where a run is larger than a frame may be", () => {
    const { clock, frames, far, send } = setUp({ credit: true })
    send(Lane.main, ...spread(readyFrames(5, Lane.main, 5_000, 100)))
    send(Lane.main, ...spread(readyFrames(5, Lane.main, 10, 10, 5_000)))
    clock.settle()
    expect(frames().map(({ number }) => number)).toEqual(Array.from({ length: 5_010 }, (_, i) => i))
    expect(Math.max(...far.messages.map((one) => one.length))).toBeLessThan(LIMITS.messageBytes / 2)
  })

  test("a run never passes the connection's ceiling by more than one frame", () => {
    const { clock, link, far, send } = setUp()
    let received = 0
    const renew = () => {
      received = far.messages.flatMap(framesOf).reduce((sum, { bytes }) => sum + chunkCost(bytes), 0)
      return received
    }
    send(Lane.main, ...spread(readyFrames(5, Lane.main, 15, 60 * KIB)))
    clock.settle()
    send(Lane.main, ...spread(readyFrames(5, Lane.main, 15, 60 * KIB, 15)))
    clock.settle()
    expect(renew()).toBeLessThanOrEqual(LIMITS.connectionWindowBytes.main + chunkCost(LIMITS.framePayloadBytes))
    link.far.send(message((writer) => writer.control(0, 0, { lane: Lane.main, credit: received + 1024 * KIB })))
    clock.settle()
    expect(far.messages.flatMap(framesOf).map(({ number }) => number)).toEqual(Array.from({ length: 30 }, (_, i) => i))
  })

  test("what waits beyond its turn does not keep a much larger message alive", () => {
    const { clock, link, far, send } = setUp({ credit: true })
    link.stall()
    const large = new Uint8Array(64 * KIB)
    const small = readyFrames(5, Lane.main, 1, 10)
    large.set(small.frames, 1_000)
    send(Lane.main, ...spread(readyFrames(5, Lane.main, 2, 40 * KIB)))
    clock.settle()
    send(Lane.main, large.subarray(1_000, 1_000 + small.frames.length), small.cost)
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
    const { clock, link, mux, send } = setUp()
    link.stall()
    const one = readyFrames(50, Lane.main, 1, 64 * KIB)
    expect(mux.share(Lane.main, one.frames, one.cost)).toBe(true)
    expect(mux.share(Lane.main, one.frames, one.cost)).toBe(false)
    link.unstall()
    clock.settle()
    expect(mux.share(Lane.main, one.frames, one.cost)).toBe(true)
    mux.close()
    expect(mux.share(Lane.main, one.frames, one.cost)).toBe(false)
    expect(send(Lane.main, one.frames, one.cost)).toBe(false)
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
