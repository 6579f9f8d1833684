import { ManualClock, SeededRandom } from "@luxbus/clock/testing"
import { BusError, type Fields, Lane, type MessageReader, MessageWriter } from "@luxbus/packet"
import { expect, test } from "vitest"
import type { FrameOutput, StreamEnd } from "../src/index.ts"
import { type VirtualCarrier, VirtualLink } from "../src/testing.ts"
import { bytesOf } from "./frames.ts"

const READER = 0x8000_0001

/** An end that writes what it is told to, and logs what reaches it. */
class LoggingEnd implements StreamEnd {
  readonly log: string[] = []
  readonly queue: Record<Lane, number[]> = { 1: [], 2: [], 3: [] }

  pull(lane: Lane, output: FrameOutput): boolean {
    const queue = this.queue[lane]
    while (output.room > 0 && queue.length > 0) {
      const number = queue.shift()!
      if (lane === Lane.control) output.control(0, { next: number })
      else output.chunk(lane, 0, 0, number, bytesOf(30_000))
    }
    return queue.length > 0
  }

  frame(frame: MessageReader): void {
    if (frame.number === 99) throw new BusError("protocol", "no 99 here")
    this.log.push(`${frame.lane}:${frame.number}`)
  }

  endRun(): void {
    this.log.push("run over")
  }

  control(fields: Fields): void {
    this.log.push(JSON.stringify(fields))
  }

  reset(error: BusError): void {
    this.log.push(`reset ${error.code}`)
  }

  detach(): void {
    this.log.push("detached")
  }
}

function linkOf(options: { bytesPerMs?: number } = {}) {
  const clock = new ManualClock()
  const writer = new LoggingEnd()
  const reader = new LoggingEnd()
  const link = new VirtualLink(
    { clock, random: new SeededRandom(1) },
    { right: { started: (carrier: VirtualCarrier, address) => carrier.bind(address, reader) } },
    { latencyMs: 10, ...options },
  )
  const alias = link.left.allocate(writer)
  link.left.start(alias, { epoch: 1 }, { name: "job" })
  const send = (lane: Lane, ...numbers: number[]) => {
    writer.queue[lane].push(...numbers)
    link.left.wake(alias, lane)
  }
  return { clock, writer, reader, link, alias, send }
}

test("moves control before error before main, and tells where runs end", () => {
  const { clock, reader, send } = linkOf()
  send(Lane.main, 0)
  send(Lane.error, 0)
  send(Lane.control, 7)
  clock.advance(10)
  expect(reader.log).toEqual(['{"next":7}', "2:0", "run over", "1:0", "run over"])
})

test("lets an error overtake main that waits for a slow connection", () => {
  const { clock, reader, send } = linkOf({ bytesPerMs: 10 })
  send(Lane.main, 0, 1, 2, 3, 4, 5)
  clock.advance(1)
  send(Lane.error, 0)
  clock.advance(60_000)
  expect(reader.log.filter((entry) => entry !== "run over")).toEqual(["1:0", "1:1", "1:2", "2:0", "1:3", "1:4", "1:5"])
})

test("a fault of one stream resets both of its ends and no other", () => {
  const { clock, reader, writer, link, send } = linkOf()
  const other = new LoggingEnd()
  link.left.start(link.left.allocate(other), { epoch: 1 }, { name: "other" })
  send(Lane.main, 0, 99, 1)
  clock.advance(20)
  expect(reader.log).toEqual(["1:0", "reset protocol"])
  expect(writer.log).toEqual(['{"cancel":{"code":"protocol","message":"no 99 here"}}'])
  expect([link.right.bound(READER), link.right.boundCount]).toEqual([undefined, 1])
})

test("a cut loses a part from the end of each direction, detaches every end, and leaves no timer", () => {
  const { clock, reader, writer, link, send } = linkOf()
  clock.advance(10)
  for (let number = 0; number < 20; number++) {
    send(Lane.main, number)
    clock.advance(0.1)
  }
  link.cut()
  const arrived = reader.log.filter((entry) => entry.startsWith("1:"))
  expect(arrived).toEqual(Array.from({ length: arrived.length }, (_, n) => `1:${n}`))
  expect(arrived.length).toBeLessThan(20)
  expect([reader.log.at(-1), writer.log]).toEqual(["detached", ["detached"]])
  expect([clock.pendingTimers, link.left.boundCount, link.right.boundCount]).toEqual([0, 0, 0])
  link.cut()
  link.left.control(1, 0, { open: true })
  clock.advance(100)
  expect(reader.log.filter((entry) => entry === "detached")).toHaveLength(1)
})

test("drops a frame and says so, as a broker does", () => {
  const { clock, reader, link, send } = linkOf()
  clock.advance(10)
  link.faults = { dropRate: 1, duplicateRate: 0, delayRate: 0, announcesHoles: true }
  send(Lane.main, 0)
  clock.advance(100)
  expect(reader.log).toEqual(['{"lane":1,"hole":[[0,0]]}'])
})

test("repeats and delays whole frames, as a backplane does", () => {
  const { clock, reader, link, send } = linkOf()
  clock.advance(10)
  link.faults = { dropRate: 0, duplicateRate: 1, delayRate: 1, announcesHoles: false }
  send(Lane.main, 0, 1, 2, 3, 4, 5, 6, 7)
  clock.advance(100)
  const arrived = reader.log.filter((entry) => entry.startsWith("1:"))
  expect(arrived).toHaveLength(16)
  expect(arrived).not.toEqual([...arrived].sort())
})

test("while full it takes no ready-made frames, and says when there is room again", () => {
  const { clock, reader, link, alias } = linkOf()
  clock.advance(10)
  const frames = new MessageWriter()
  frames.chunk(alias, Lane.main, 0, 0, 5, bytesOf(10))
  const bytes = frames.take()
  const rooms: string[] = []
  link.left.full = true
  expect([link.left.send(1, Lane.main, bytes, 74), link.left.share(Lane.main, bytes, 74)]).toEqual([false, false])
  link.left.onRoom(() => rooms.push("room"))
  link.left.full = false
  expect(rooms).toEqual(["room"])
  expect(link.left.send(1, Lane.main, bytes, 74)).toBe(true)
  expect(link.left.share(Lane.main, bytes, 74)).toBe(false)
  clock.settle()
  expect(link.left.share(Lane.main, bytes, 74)).toBe(true)
  clock.advance(10)
  expect(reader.log.filter((entry) => entry === "1:5")).toHaveLength(2)
})

test("refuses streams where a side takes none", () => {
  const { clock, link, writer } = linkOf()
  const end = new LoggingEnd()
  link.right.start(link.right.allocate(end), { epoch: 1 }, { name: "back" })
  clock.advance(20)
  expect(end.log[0]).toMatch(/"code":"unsupported"/)
  expect(writer.log).toEqual([])
})
