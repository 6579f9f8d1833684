import { ManualClock } from "@luxbus/clock/testing"
import { BusError, ChunkFlag, Codec, chunkCost, LIMITS, StreamKind, WRITER_LIMITS } from "@luxbus/packet"
import { memoryPair } from "@luxbus/transport"
import { describe, expect, test } from "vitest"
import { PUBLISH_QUEUE_BYTES, Publisher } from "../src/index.ts"
import { bytesOf } from "./frames.ts"
import { MuxSide, type SeenStart } from "./mux-side.ts"
import { TestEnd } from "./test-end.ts"

interface Published {
  readonly start: SeenStart
  readonly end: TestEnd
  readonly flags: number[]
}

/** A publisher, and connections on which a broker keeps what is published. */
function setUp() {
  const clock = new ManualClock()
  let seqs = 0
  let rooms = 0
  const publisher = new Publisher(
    () => new Uint8Array(40).fill(++seqs),
    () => rooms++,
  )
  const connect = () => {
    const link = memoryPair({ clock })
    const client = new MuxSide(clock, link.near, "client")
    const broker = new MuxSide(clock, link.far, "broker")
    const published: Published[] = []
    broker.onStarted = (start) => {
      const one: Published = { start, end: new TestEnd(), flags: [] }
      one.end.onFrame = (frame) => one.flags.push(frame.flags)
      published.push(one)
      broker.mux.bind((start.alias | 0x8000_0000) >>> 0, one.end)
    }
    publisher.attach(client.mux)
    const cut = (): void => {
      link.cut()
      clock.settle()
      publisher.detached()
    }
    return { link, client, broker, published, cut }
  }
  return { clock, publisher, connect, rooms: () => rooms }
}

const numbersOf = ({ end }: Published) => end.got.map(({ number }) => number)

describe("publishing", () => {
  test("on what is no subject is invalid_argument, each time, and keeps nothing", () => {
    const { publisher } = setUp()
    for (let i = 0; i < 2; i++) {
      for (const subject of ["", "a..b", "a.*", "a b"]) {
        expect(() => publisher.publish(subject, new Uint8Array(1), 0)).toThrow(
          expect.objectContaining({ code: "invalid_argument" }),
        )
      }
    }
    expect([publisher.queuedCost, publisher.activeCount]).toEqual([0, 0])
  })

  test("has one stream per subject, started with its first message", () => {
    const { clock, publisher, connect } = setUp()
    const { published } = connect()
    for (const subject of ["a", "b", "a"]) publisher.publish(subject, bytesOf(3), Codec.bytes)
    clock.settle()
    expect(published.map(({ start }) => start.fields)).toMatchObject([
      { kind: StreamKind.publish, name: "a", seq: new Uint8Array(40).fill(1) },
      { kind: StreamKind.publish, name: "b", seq: new Uint8Array(40).fill(2) },
    ])
    expect(published.map(numbersOf)).toEqual([[0, 1], [0]])
    expect(publisher.queuedCost).toBe(0)
  })

  test("keeps the order of a subject, and the bytes", () => {
    const { clock, publisher, connect } = setUp()
    const { published } = connect()
    const messages = Array.from({ length: 200 }, (_, i) => bytesOf(i, i))
    for (const data of messages) publisher.publish("a", data, Codec.utf8)
    clock.settle()
    expect(published[0]?.end.got.map(({ data }) => data)).toEqual(messages)
    expect(new Set(published[0]?.flags)).toEqual(new Set([Codec.utf8 << 5]))
  })

  test("splits a large message into chunks, all but the last with MORE", () => {
    const { clock, publisher, connect } = setUp()
    const { published } = connect()
    const data = bytesOf(WRITER_LIMITS.chunkBytes * 2 + 1)
    publisher.publish("a", data, Codec.json)
    clock.settle()
    const more = (Codec.json << 5) | ChunkFlag.more
    expect(published[0]?.flags).toEqual([more, more, Codec.json << 5])
    expect(published[0]?.end.got.map((chunk) => chunk.data.length)).toEqual([
      WRITER_LIMITS.chunkBytes,
      WRITER_LIMITS.chunkBytes,
      1,
    ])
  })

  test("takes messages up to 1 MiB", () => {
    const { clock, publisher, connect } = setUp()
    const { published } = connect()
    const limit = LIMITS.applicationMessageBytes
    expect(() => publisher.publish("a", new Uint8Array(limit + 1), Codec.bytes)).toThrow(
      expect.objectContaining({ code: "too_large", details: { bytes: limit + 1, limit } }),
    )
    publisher.publish("a", new Uint8Array(limit), Codec.bytes)
    publisher.publish("a", new Uint8Array(0), Codec.bytes)
    clock.settle()
    const sizes = published[0]?.end.got.map(({ data }) => data.length) ?? []
    expect([sizes.length, sizes.reduce((sum, size) => sum + size, 0)]).toEqual([17, limit])
  })

  test("says when too much waits, and when there is room again, once", () => {
    const { clock, publisher, connect, rooms } = setUp()
    const part = new Uint8Array(60 * 1024)
    let taken = 1
    while (publisher.publish("a", part, Codec.bytes)) taken++
    expect(taken).toBe(Math.ceil(PUBLISH_QUEUE_BYTES / chunkCost(part.length)))
    expect([publisher.queuedCost >= PUBLISH_QUEUE_BYTES, rooms()]).toEqual([true, 0])
    const { published } = connect()
    clock.settle()
    expect([rooms(), publisher.queuedCost, published[0]?.end.got.length]).toEqual([1, 0, taken])
  })
})

describe("over connections", () => {
  test("what waited goes out on the next one, under the same stream and with its next number", () => {
    const { clock, publisher, connect } = setUp()
    const first = connect()
    publisher.publish("a", bytesOf(1), Codec.bytes)
    publisher.publish("quiet", bytesOf(1), Codec.bytes)
    clock.settle()
    first.cut()
    publisher.publish("a", bytesOf(2), Codec.bytes)
    const second = connect()
    publisher.publish("a", bytesOf(3), Codec.bytes)
    clock.settle()
    // A subject without anything to say is not started again before it has.
    expect(second.published.map(({ start }) => start.fields)).toMatchObject([
      { name: "a", seq: new Uint8Array(40).fill(1), mainFirst: 1 },
    ])
    expect(second.published.map(numbersOf)).toEqual([[1, 2]])
    publisher.publish("quiet", bytesOf(1), Codec.bytes)
    clock.settle()
    expect(second.published[1]?.start.fields).toMatchObject({ name: "quiet", mainFirst: 1 })
  })

  test("the rest of a message whose beginning went down is dropped, and no more", () => {
    const { clock, publisher, connect } = setUp()
    const first = connect()
    first.link.stall()
    // The transport takes what it must, the rest of the message stays.
    publisher.publish("a", bytesOf(LIMITS.applicationMessageBytes), Codec.bytes)
    publisher.publish("a", bytesOf(5, 1), Codec.bytes)
    publisher.publish("b", bytesOf(5, 2), Codec.bytes)
    clock.settle()
    const waiting = publisher.queuedCost
    expect(waiting).toBeGreaterThan(LIMITS.applicationMessageBytes / 2)
    first.cut()
    expect(publisher.queuedCost).toBe(2 * chunkCost(5))
    const second = connect()
    clock.settle()
    expect(second.published.map(({ end }) => end.got.map(({ data }) => data))).toEqual([
      [bytesOf(5, 1)],
      [bytesOf(5, 2)],
    ])
  })
})

describe("aliases", () => {
  test("of subjects beyond 4 096 are freed, the least recently used first", () => {
    const { clock, publisher, connect } = setUp()
    const { published, broker } = connect()
    const one = bytesOf(1)
    for (let i = 0; i < WRITER_LIMITS.publishAliases; i++) {
      publisher.publish(`s.${i}`, one, Codec.bytes)
      if (i % 256 === 0) clock.settle()
    }
    publisher.publish("s.0", one, Codec.bytes)
    clock.settle()
    expect(broker.mux.boundCount).toBe(WRITER_LIMITS.publishAliases)
    publisher.publish("new.1", one, Codec.bytes)
    publisher.publish("new.2", one, Codec.bytes)
    clock.settle()
    const freed = published.filter(({ end }) => end.controls.some(({ cancel }) => cancel?.["code"] === "closed"))
    expect(freed.map(({ start }) => start.fields.name)).toEqual(["s.1", "s.2"])
    publisher.publish("s.1", one, Codec.bytes)
    clock.settle()
    expect(published.at(-1)?.start.fields).toMatchObject({ name: "s.1" })
    expect(published.at(-1)?.start.fields.mainFirst).toBe(undefined)
  })

  test("with something to send are not freed", () => {
    const { publisher } = setUp()
    for (let i = 0; i < WRITER_LIMITS.publishAliases + 5; i++) publisher.publish(`s.${i}`, bytesOf(1), Codec.bytes)
    expect(publisher.queuedCost).toBe((WRITER_LIMITS.publishAliases + 5) * chunkCost(1))
  })
})

describe("a subject that the broker refuses", () => {
  test("drops what waits, tells the next who publishes on it, and is tried anew by the one after", () => {
    const { clock, publisher, connect } = setUp()
    const { published, broker } = connect()
    const keep = broker.onStarted
    broker.onStarted = () => {
      throw new BusError("forbidden", "not yours")
    }
    publisher.publish("a", bytesOf(1), Codec.bytes)
    clock.settle()
    expect(() => publisher.publish("a", bytesOf(1), Codec.bytes)).toThrow(
      expect.objectContaining({ code: "forbidden" }),
    )
    broker.onStarted = keep
    publisher.publish("a", bytesOf(2), Codec.bytes)
    publisher.publish("b", bytesOf(3), Codec.bytes)
    clock.settle()
    expect(published.map(({ end }) => end.got.map(({ data }) => data.length))).toEqual([[2], [3]])
    expect(publisher.queuedCost).toBe(0)
  })

  test("leaves room to those who wait for it", () => {
    const { clock, publisher, connect, rooms } = setUp()
    const { broker, link } = connect()
    clock.settle()
    while (publisher.publish("a", new Uint8Array(60_000), Codec.bytes));
    link.stall()
    clock.settle()
    broker.mux.reset(0x8000_0001, new BusError("forbidden", "no"))
    link.unstall()
    clock.settle()
    expect([rooms(), publisher.queuedCost]).toEqual([1, 0])
  })

  test("sends nothing that could be mistaken for an answer", () => {
    const { clock, publisher, connect } = setUp()
    const { broker, published } = connect()
    publisher.publish("a", bytesOf(1), Codec.bytes)
    clock.settle()
    const address = ((published[0]?.start.alias ?? 0) | 0x8000_0000) >>> 0
    const talker = new TestEnd()
    broker.mux.bind(address, talker)
    talker.waiting.main.push(bytesOf(1))
    broker.mux.wake(address, 1)
    clock.settle()
    expect(talker.controls).toMatchObject([{ cancel: { code: "protocol" } }])
  })
})
