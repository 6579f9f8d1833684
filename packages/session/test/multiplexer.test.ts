import { ManualClock } from "@luxbus/clock/testing"
import { BusError, chunkCost, type DataLane, Lane, LIMITS, StreamKind } from "@luxbus/packet"
import { CloseCode, memoryPair } from "@luxbus/transport"
import { ConnectionRecorder } from "@luxbus/transport/testing"
import { describe, expect, test } from "vitest"
import { DEFAULT_HEARTBEAT, Multiplexer } from "../src/index.ts"
import { bytesOf, framesOf, message, readyFrames } from "./frames.ts"
import { MuxSide } from "./mux-side.ts"
import { TestEnd } from "./test-end.ts"

const KIB = 1024

/** Two multiplexers, joined. */
function setUp(options: { readonly latencyMs?: number } = {}) {
  const clock = new ManualClock()
  const link = memoryPair({ clock, ...options })
  const client = new MuxSide(clock, link.near, "client")
  const broker = new MuxSide(clock, link.far, "broker")
  /** A stream from the broker to the client. */
  const open = (): { sender: TestEnd; reader: TestEnd; address: number } => {
    const [sender, reader] = [new TestEnd(), new TestEnd()]
    const address = broker.mux.allocate(sender)
    client.mux.bind((address | 0x8000_0000) >>> 0, reader)
    return { sender, reader, address }
  }
  return { clock, link, client, broker, open }
}

describe("two connected sides", () => {
  test("a START, its chunks and the answer arrive under the addresses that each side uses", () => {
    const { clock, client, broker } = setUp()
    const [ours, theirs] = [new TestEnd(), new TestEnd()]
    broker.onStarted = ({ alias }) => {
      const address = (alias | 0x8000_0000) >>> 0
      broker.mux.bind(address, theirs)
      broker.mux.control(address, 0, { open: true })
    }
    const address = client.mux.allocate(ours)
    client.mux.start(address, { epoch: 7, deadlineMs: 30 }, { kind: StreamKind.relayed, name: "job", to: "b" })
    ours.waiting.main.push(bytesOf(5))
    client.mux.wake(address, Lane.main)
    clock.settle()
    expect(broker.starts).toMatchObject([{ header: { epoch: 7, deadlineMs: 30 }, fields: { name: "job", to: "b" } }])
    expect(theirs.got).toMatchObject([{ lane: Lane.main, number: 0, data: bytesOf(5) }])
    expect(ours.controls).toEqual([{ open: true }])
  })

  test("far more than the window goes through, and never more than the window and a frame is under way", () => {
    for (const lane of [Lane.main, Lane.error] as const) {
      const { clock, link, client, open, broker } = setUp({ latencyMs: 20 })
      const { sender, reader, address } = open()
      let seen = 0
      const total = 150
      sender.waiting[lane === Lane.main ? "main" : "error"].push(
        ...Array.from({ length: total }, (_, i) => bytesOf(30 * KIB, i)),
      )
      broker.mux.wake(address, lane)
      const cost = chunkCost(30 * KIB)
      for (let ms = 0; ms < 2_400; ms += 4) {
        clock.advance(4)
        seen = reader.got.length
        const sent = total - sender.waiting[lane === Lane.main ? "main" : "error"].length
        const window = LIMITS.connectionWindowBytes[lane === Lane.main ? "main" : "error"]
        expect((sent - seen) * cost).toBeLessThanOrEqual(window + cost)
      }
      expect(reader.got.map(({ number }) => number)).toEqual(Array.from({ length: total }, (_, i) => i))
      expect([client.closes, broker.closes]).toEqual([[], []])
      expect(link.near.undrainedBytes).toBe(0)
    }
  })

  test("main that has used its credit up does not hold error back", () => {
    const { clock, link, open, broker } = setUp({ latencyMs: 1_000 })
    const { sender, reader, address } = open()
    sender.waiting.main.push(...Array.from({ length: 40 }, () => new Uint8Array(60 * KIB)))
    broker.mux.wake(address, Lane.main)
    clock.advance(1_500)
    expect(sender.waiting.main.length).toBeGreaterThan(0)
    sender.waiting.error.push(bytesOf(3))
    broker.mux.wake(address, Lane.error)
    clock.advance(1_500)
    expect(reader.got.some(({ lane }) => lane === Lane.error)).toBe(true)
    link.cut()
  })

  test("each side may refuse a stream of the other's: only that one hears of it", () => {
    const { clock, client, broker, open } = setUp()
    const [first, second] = [open(), open()]
    client.mux.reset((first.address | 0x8000_0000) >>> 0, new BusError("closed", "no longer"))
    broker.mux.reset(second.address, new BusError("peer_lost", "gone"))
    clock.settle()
    expect(first.sender.controls).toEqual([{ cancel: { code: "closed", message: "no longer" } }])
    expect(second.reader.log).toEqual(["reset peer_lost"])
    expect([first.reader.log, second.sender.log]).toEqual([[], []])
  })

  test("a ping is answered", () => {
    const { clock, client, broker } = setUp()
    client.mux.control(0, 0, { ping: 42 })
    clock.settle()
    expect(broker.controls).toEqual([{ ping: 42 }])
    expect(client.controls).toEqual([{ pong: 42 }])
  })
})

describe("the end of a connection", () => {
  test("detaches every end, on both sides, and leaves no timer", () => {
    const { clock, link, client, broker, open } = setUp()
    const { sender, reader } = open()
    clock.settle()
    link.cut()
    clock.settle()
    expect([sender.log, reader.log]).toEqual([["detach"], ["detach"]])
    expect([client.mux.boundCount, broker.mux.boundCount]).toEqual([0, 0])
    expect(client.closes).toMatchObject([{ code: CloseCode.lost, error: { code: "connection_lost" } }])
    expect([client.mux.closed, broker.mux.closed, clock.pendingTimers]).toEqual([true, true, 0])
  })

  test("close sends what is ready first, then detaches at once and tells once", () => {
    const { clock, client, broker, open } = setUp()
    const { sender, reader, address } = open()
    sender.waiting.main.push(bytesOf(3))
    broker.mux.wake(address, Lane.main)
    broker.mux.control(address, 0, { resumed: true })
    broker.mux.close(CloseCode.goingAway, "bye")
    expect(sender.log).toEqual(["detach"])
    broker.mux.close()
    clock.settle()
    expect(reader.log).toEqual(["control", "frame 1:0", "endRun", "detach"])
    expect(client.closes).toEqual([{ code: CloseCode.goingAway, reason: "bye" }])
    expect(broker.closes).toEqual([{ code: CloseCode.goingAway, reason: "bye" }])
    expect(clock.pendingTimers).toBe(0)
  })

  test("close sends direct control however full the transport is", () => {
    const { clock, link, client, broker, open } = setUp()
    const { sender, address } = open()
    link.stall()
    sender.waiting.main.push(...Array.from({ length: 9 }, () => new Uint8Array(60 * KIB)))
    broker.mux.wake(address, Lane.main)
    clock.settle()
    for (let i = 0; i < 3_000; i++) broker.mux.control(0, 0, { reply: { id: i, result: null } })
    broker.mux.close()
    link.unstall()
    clock.settle()
    expect(client.controls.length).toBe(3_000)
  })

  test("terminate loses what is queued and tells the reason that was given", () => {
    const { clock, client, broker, open } = setUp()
    const { reader, address } = open()
    broker.mux.control(address, 0, { resumed: true })
    broker.mux.terminate(new BusError("replaced", "another came"))
    clock.settle()
    expect(reader.log).toEqual(["detach"])
    expect(broker.closes).toMatchObject([{ code: CloseCode.lost, error: { code: "replaced" } }])
    expect(client.closes).toMatchObject([{ error: { code: "connection_lost" } }])
  })

  test("fail tells a client the code in an ERROR frame before it closes", () => {
    const { clock, client, broker } = setUp()
    broker.mux.fail(new BusError("replaced", "another came", { details: { by: "tab" } }))
    clock.settle()
    expect(client.closes).toMatchObject([
      { code: 1000, reason: "replaced", error: { code: "replaced", message: "another came", details: { by: "tab" } } },
    ])
  })

  test("a client that fails closes with the code as its reason", () => {
    const { clock, client, broker } = setUp()
    client.mux.fail(new BusError("unsupported", "no"), CloseCode.protocol)
    clock.settle()
    expect(broker.closes).toEqual([{ code: CloseCode.protocol, reason: "unsupported" }])
  })

  test("afterwards nothing is sent, taken or planned", () => {
    const { clock, client, broker, open } = setUp()
    const { sender, address } = open()
    broker.mux.close()
    clock.settle()
    const { frames, cost } = readyFrames(1, Lane.main, 1, 5)
    let told = 0
    broker.mux.onRoom(() => told++)
    broker.mux.wake(address, Lane.main)
    broker.mux.control(address, 0, { open: true })
    broker.mux.start(address, { epoch: 1 }, { kind: StreamKind.delivery, name: "job" })
    broker.mux.reset(address, new BusError("closed", ""))
    broker.mux.fail(new BusError("closed", ""))
    broker.mux.establish(DEFAULT_HEARTBEAT)
    expect([broker.mux.send(address, Lane.main, frames, cost), broker.mux.share(Lane.main, frames, cost)]).toEqual([
      false,
      false,
    ])
    clock.advance(60_000)
    expect([sender.log, told, client.controls, client.starts]).toEqual([["detach"], 0, [], []])
    expect([broker.closes.length, clock.pendingTimers]).toEqual([1, 0])
  })

  test("an end that attaches elsewhere as it is detached is left alone", () => {
    const { clock, link, broker } = setUp()
    const other = setUp()
    const end = new TestEnd()
    broker.mux.allocate(end)
    const detach = end.detach.bind(end)
    end.detach = () => {
      detach()
      other.broker.mux.allocate(end)
    }
    link.cut()
    clock.settle()
    expect(end.log).toEqual(["detach"])
    expect(other.broker.mux.boundCount).toBe(1)
  })

  test("establish twice is invalid_state", () => {
    const { client } = setUp()
    expect(() => client.mux.establish(DEFAULT_HEARTBEAT)).toThrow(expect.objectContaining({ code: "invalid_state" }))
  })
})

describe("the heartbeat of a connection", () => {
  /** A multiplexer and a far side that answers only when told. */
  const silent = (heartbeat = DEFAULT_HEARTBEAT) => {
    const clock = new ManualClock()
    const link = memoryPair({ clock })
    const far = new ConnectionRecorder()
    link.far.start(far)
    const side = new MuxSide(clock, link.near, "client", false)
    side.mux.establish(heartbeat)
    const say = (): void => link.far.send(message((writer) => writer.control(0, 0, { pong: 1 })))
    const pings = () => far.messages.flatMap(framesOf).filter(({ fields }) => fields.ping !== undefined).length
    return { clock, side, say, pings }
  }

  test("pings after 25 s of silence and ends the connection 8 s later", () => {
    const { clock, side, pings } = silent()
    clock.advance(24_999)
    expect(pings()).toBe(0)
    clock.advance(1)
    expect(pings()).toBe(1)
    clock.advance(7_999)
    expect(side.closes).toEqual([])
    clock.advance(1)
    expect(side.closes).toMatchObject([{ code: CloseCode.lost, error: { code: "connection_lost" } }])
    expect(clock.pendingTimers).toBe(0)
  })

  test("takes any message for a sign of life", () => {
    const { clock, side, say, pings } = silent()
    for (let i = 0; i < 10; i++) {
      clock.advance(20_000)
      say()
    }
    clock.advance(20_000)
    expect([pings(), side.closes]).toEqual([0, []])
  })

  test("goes on for as long as pings are answered", () => {
    const { clock, side, say, pings } = silent({ intervalMs: 1_000, timeoutMs: 500 })
    for (let i = 0; i < 20; i++) {
      clock.advance(1_400)
      say()
      clock.settle()
    }
    expect(pings()).toBe(20)
    expect(side.closes).toEqual([])
  })
})

test("nothing but views is made for a chunk: the frames of a message share one reader", () => {
  const clock = new ManualClock()
  const link = memoryPair({ clock })
  const side = new MuxSide(clock, link.near, "client")
  link.far.start(new ConnectionRecorder())
  const end = new TestEnd()
  const readers = new Set<unknown>()
  end.onFrame = (frame) => readers.add(frame)
  side.mux.bind(0x8000_0001, end)
  const lane: DataLane = Lane.main
  const bytes = message((writer) => {
    for (let i = 0; i < 100; i++) writer.chunk(1, lane, 0, 0, i, bytesOf(10))
  })
  link.far.send(bytes)
  clock.settle()
  expect(readers.size).toBe(1)
  expect(new Set(end.got.map(({ data }) => data.buffer))).toEqual(new Set([bytes.buffer]))
  expect(side.mux).toBeInstanceOf(Multiplexer)
})
