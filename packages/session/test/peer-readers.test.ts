import { ManualClock } from "@luxbus/clock/testing"
import { fromPeer, StreamReader } from "@luxbus/dual-stream"
import { BusError, type FullHeader, NIL_ID } from "@luxbus/packet"
import { memoryPair } from "@luxbus/transport"
import { expect, test } from "vitest"
import { PeerReaders } from "../src/index.ts"
import { MuxSide } from "./mux-side.ts"
import { ReaderLog } from "./test-client.ts"
import { TestEnd } from "./test-end.ts"
import { testHash } from "./test-hash.ts"
import { testSeq } from "./test-seq.ts"

const header = (epoch = 1): FullHeader => ({
  hop: 0,
  requestId: NIL_ID,
  clientId: NIL_ID,
  peerId: NIL_ID,
  deadlineMs: 0,
  messageId: 0,
  totalSize: undefined,
  chunkIndex: 0,
  totalChunks: 0,
  epoch,
})

function setUp() {
  const clock = new ManualClock()
  const link = memoryPair({ clock })
  const { mux } = new MuxSide(clock, link.near, "client")
  const broker = new MuxSide(clock, link.far, "broker")
  const read = new ReaderLog()
  const makeReader = () => new StreamReader({ clock, createHash: testHash, events: read.events }, { source: fromPeer })
  return { clock, mux, broker, read, makeReader }
}

test("a stream that is expected goes to its reader, whoever accepts others", () => {
  const { mux, makeReader } = setUp()
  const readers = new PeerReaders(() => {
    throw new BusError("internal", "nobody was to be asked")
  })
  const reader = makeReader()
  readers.expect("bob", "job", reader)
  expect([...readers.positions()]).toEqual([])
  readers.started(mux, 0x8000_0001, header(3), { name: "job", from: "bob", seq: testSeq(1) })
  expect(mux.bound(0x8000_0001)).toBe(reader)
  expect([...readers.positions()]).toEqual([{ name: "job", from: "bob", epoch: 3, main: 0, error: 0 }])
})

test("names are apart by peer: two may write under the same one", () => {
  const { mux, makeReader } = setUp()
  const readers = new PeerReaders(makeReader)
  readers.started(mux, 0x8000_0001, header(), { name: "job", from: "bob", seq: testSeq(1) })
  readers.started(mux, 0x8000_0002, header(), { name: "job", from: "carol", seq: testSeq(2) })
  expect([readers.size, mux.boundCount]).toEqual([2, 2])
})

test("a START that nobody accepts is not taken", () => {
  const { mux } = setUp()
  const readers = new PeerReaders(() => undefined)
  expect(readers.started(mux, 0x8000_0001, header(), { name: "job", from: "bob", seq: testSeq(1) })).toBe(false)
  expect([readers.size, mux.boundCount]).toEqual([0, 0])
})

test("a START that lacks what names it is a protocol error", () => {
  const { mux, makeReader } = setUp()
  const readers = new PeerReaders(makeReader)
  const whole = { name: "job", from: "bob", seq: testSeq(1) }
  for (const missing of ["name", "from", "seq"]) {
    expect(() => readers.started(mux, 0x8000_0001, header(), { ...whole, [missing]: undefined })).toThrow(
      expect.objectContaining({ code: "protocol" }),
    )
  }
})

test("when the session is over every reader fails with the reason", () => {
  const { mux, makeReader, read } = setUp()
  const readers = new PeerReaders(makeReader)
  readers.started(mux, 0x8000_0001, header(), { name: "job", from: "bob", seq: testSeq(1) })
  readers.failAll(new BusError("closed", "over"))
  expect([read.log, readers.size]).toEqual([["failed closed"], 0])
})

test("a new stream under the address of the one before keeps its binding", () => {
  const { clock, mux, broker, makeReader, read } = setUp()
  const readers = new PeerReaders(makeReader)
  const writer = new TestEnd()
  broker.mux.bind(1, writer)
  readers.started(mux, 0x8000_0001, header(), { name: "job", from: "bob", seq: testSeq(1) })
  const first = mux.bound(0x8000_0001)
  readers.started(mux, 0x8000_0001, header(2), { name: "job", from: "bob", seq: testSeq(2) })
  clock.settle()
  expect(read.log).toEqual(["failed peer_lost"])
  expect(mux.bound(0x8000_0001)).not.toBe(first)
  expect(mux.boundCount).toBe(1)
  expect(writer.controls.filter(({ cancel }) => cancel !== undefined)).toEqual([])
})

test("a START that is repeated after its reader was closed is refused as closed, and no new stream", () => {
  const { mux, makeReader } = setUp()
  const made: StreamReader[] = []
  const readers = new PeerReaders(() => {
    made.push(makeReader())
    return made.at(-1)
  })
  const start = (n: number) =>
    readers.started(mux, 0x8000_0001, header(), { name: "job", from: "bob", seq: testSeq(n) })
  start(1)
  made[0]!.close()
  readers.remove("bob", "job", made[0]!)
  expect(() => start(1)).toThrow(expect.objectContaining({ code: "closed" }))
  start(2)
  expect([made.length, readers.size]).toEqual([2, 1])
})

test("a resumption that nobody here has begun is not taken", () => {
  const { mux } = setUp()
  const readers = new PeerReaders(() => {
    throw new BusError("internal", "nobody was to be asked")
  })
  const fields = { name: "job", from: "bob", seq: testSeq(1), resume: true as const }
  expect(readers.started(mux, 0x8000_0001, header(), fields)).toBe(false)
  expect(readers.size).toBe(0)
})

test("a resumption that nobody here has begun takes nothing from the stream that has its name now", () => {
  const { mux, makeReader, read } = setUp()
  const readers = new PeerReaders(makeReader)
  const fields = { name: "job", from: "bob", seq: testSeq(2) }
  readers.started(mux, 0x8000_0001, header(), fields)
  const stale = { ...fields, seq: testSeq(1), resume: true as const }
  expect(readers.started(mux, 0x8000_0002, header(), stale)).toBe(false)
  expect([readers.size, read.log]).toEqual([1, []])
})

test("streams that come late, whole, are complete once more however many have ended since, and no new streams", () => {
  const { clock, mux, broker, makeReader } = setUp()
  let accepted = 0
  const readers = new PeerReaders(() => {
    accepted++
    return makeReader()
  })
  const address = 0x8000_0001
  const say = (counter: number) => {
    readers.started(mux, address, header(), { name: `job.${counter}`, from: "bob", seq: testSeq(counter) })
    const reader = mux.bound(address)
    if (!(reader instanceof StreamReader)) return
    reader.control({ outcome: { status: "done", main: 0, error: 0 } }, 0)
    expect(reader.completed).toBe(true)
    readers.remove("bob", `job.${counter}`, reader)
  }
  for (let counter = 0; counter < 5_000; counter++) say(counter)
  clock.settle()
  const writer = new TestEnd()
  broker.mux.bind(1, writer)
  for (const counter of [0, 2_500, 4_999]) say(counter)
  clock.settle()
  expect(writer.controls).toEqual([{ complete: true }, { complete: true }, { complete: true }])
  expect([accepted, readers.size, mux.boundCount]).toEqual([5_000, 0, 0])
})

test("a stream that was put out by the next under its name stays out, however late its START is repeated", () => {
  const { mux, makeReader } = setUp()
  const readers = new PeerReaders(makeReader)
  const start = (n: number, address: number) =>
    readers.started(mux, address, header(), { name: "job", from: "bob", seq: testSeq(n) })
  start(1, 0x8000_0001)
  start(2, 0x8000_0002)
  const newer = mux.bound(0x8000_0002)
  expect(() => start(1, 0x8000_0003)).toThrow(expect.objectContaining({ code: "peer_lost" }))
  expect([readers.size, mux.bound(0x8000_0002)]).toEqual([1, newer])
})

test("a START whose counter is over 2^53-1 is a protocol error", () => {
  const { mux, makeReader } = setUp()
  const readers = new PeerReaders(makeReader)
  const seq = testSeq(1).fill(0xff, 32)
  expect(() => readers.started(mux, 0x8000_0001, header(), { name: "job", from: "bob", seq })).toThrow(
    expect.objectContaining({ code: "protocol" }),
  )
})

test("an answer of whoever is chosen goes to its reader, once; a request of the same name is none", () => {
  const { mux, makeReader } = setUp()
  const readers = new PeerReaders(() => undefined)
  const [reader, chosen] = [makeReader(), [] as string[]]
  readers.expectAny("r", reader, (from) => chosen.push(from))
  expect(readers.size).toBe(1)
  const request = { name: "r", from: "carol", seq: testSeq(1), channel: "work" }
  expect(readers.started(mux, 0x8000_0001, header(), request)).toBe(false)
  expect(readers.started(mux, 0x8000_0002, header(), { name: "r", from: "bob", seq: testSeq(2) })).toBe(true)
  expect(readers.started(mux, 0x8000_0003, header(), { name: "r", from: "carol", seq: testSeq(3) })).toBe(false)
  expect([mux.bound(0x8000_0002) === reader, chosen, readers.size]).toEqual([true, ["bob"], 1])
})

test("an answer that is not wanted any more is told why", () => {
  const { mux, makeReader } = setUp()
  const readers = new PeerReaders(() => undefined)
  readers.expectAny("r", makeReader(), () => {})
  readers.removeAny("r", new BusError("timeout", "too late"))
  expect(readers.size).toBe(0)
  const answer = { name: "r", from: "bob", seq: testSeq(2), resume: true } as const
  expect(() => readers.started(mux, 0x8000_0002, header(), answer)).toThrow("too late")
})
