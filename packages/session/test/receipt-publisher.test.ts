import { ManualClock } from "@luxbus/clock/testing"
import {
  BROKER_LIMITS,
  BusError,
  ChunkFlag,
  type Fields,
  type JsonObject,
  LIMITS,
  StreamKind,
  WRITER_LIMITS,
} from "@luxbus/packet"
import { memoryPair } from "@luxbus/transport"
import { expect, test } from "vitest"
import { type Receipt, ReceiptPublisher } from "../src/index.ts"
import { MuxSide, type SeenStart } from "./mux-side.ts"
import { TestEnd } from "./test-end.ts"

interface Published {
  readonly start: SeenStart
  readonly end: TestEnd
  readonly flags: number[]
}

/** A publisher with receipts, and connections on which a broker keeps what comes, and answers when told to. */
function setUp() {
  const clock = new ManualClock()
  let seqs = 0
  let rooms = 0
  const publisher = new ReceiptPublisher(
    () => new Uint8Array(40).fill(++seqs),
    () => rooms++,
  )
  const told: (Receipt | string)[] = []
  const publish = (subject: string, data = new Uint8Array(1)) =>
    publisher.publish(subject, data, 0, {
      settle: (receipt) => told.push(receipt),
      fail: ({ code }) => told.push(code),
    })
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
    const say = ({ start }: Published, fields: Fields) => {
      broker.mux.control((start.alias | 0x8000_0000) >>> 0, 0, fields)
      clock.settle()
    }
    const answer = (to: Published, ...receipts: readonly JsonObject[]) =>
      say(to, { lane: 1, receipt: { incarnation: "00112233445566ff", receipts } })
    const cut = (): void => {
      link.cut()
      clock.settle()
      publisher.detached()
    }
    clock.settle()
    return { broker, published, answer, say, cut }
  }
  return { clock, publisher, publish, told, connect, rooms: () => rooms }
}

const numbersOf = ({ end }: Published) => end.got.map(({ number }) => number)
const taken = (number: number, next = number + 1): JsonObject => ({ number, epoch: 5, next, subscribers: 2 })

test("a stream asks for receipts, and each message hears what became of it", () => {
  const { clock, publish, told, connect, publisher } = setUp()
  const { published, answer } = connect()
  publish("a")
  publish("a")
  publish("mailbox.b")
  clock.settle()
  const [topic, mailbox] = published as [Published, Published]
  expect(topic.start.fields).toMatchObject({ kind: StreamKind.publish, name: "a", receipts: true })
  expect([numbersOf(topic), numbersOf(mailbox)]).toEqual([[0, 1], [0]])
  answer(topic, taken(0, 7), { number: 1, error: { code: "too_large", message: "no" } })
  answer(mailbox, { number: 0, state: "queued" })
  expect(told).toEqual([
    { type: "published", epoch: 5, incarnation: "00112233445566ff", next: 7, subscribers: 2 },
    "too_large",
    { type: "sent", state: "queued" },
  ])
  expect(publisher.activeCount).toBe(0)
})

test("what is not answered is repeated on the next connection, from its first chunk, and nothing else", () => {
  const { clock, publish, connect, told } = setUp()
  const first = connect()
  publish("a")
  publish("a", new Uint8Array(WRITER_LIMITS.chunkBytes + 1))
  clock.settle()
  first.answer(first.published[0]!, taken(0))
  first.cut()
  publish("a")
  const second = connect()
  clock.settle()
  const [again] = second.published as [Published]
  expect(again.start.fields.mainFirst).toBe(1)
  expect(again.start.fields.seq).toEqual(first.published[0]!.start.fields.seq)
  expect(numbersOf(again)).toEqual([1, 2, 3])
  expect(again.flags.map((flags) => flags & ChunkFlag.more)).toEqual([ChunkFlag.more, 0, 0])
  second.answer(again, taken(2), taken(3))
  expect(told).toHaveLength(3)
  // A subject on which nothing waits is not announced again until something is published.
  second.cut()
  const third = connect()
  expect(third.published).toEqual([])
  publish("a")
  clock.settle()
  expect(third.published.map(numbersOf)).toEqual([[4]])
})

test("a receipt that comes twice, or for nothing, changes nothing; one that cannot be read resets the stream", () => {
  const { clock, publish, connect, told } = setUp()
  const { published, answer, say } = connect()
  publish("a")
  publish("a")
  clock.settle()
  answer(published[0]!, taken(0), taken(0), taken(17))
  expect(told).toHaveLength(1)
  say(published[0]!, { receipt: { receipts: [{ number: 1, state: "lost" }] } })
  expect(told).toEqual([expect.anything(), "protocol"])
})

test("waits for room by count and by cost", () => {
  const { clock, publisher, publish, connect, rooms } = setUp()
  const { published, answer } = connect()
  for (let n = 0; n < BROKER_LIMITS.unansweredMessages; n++) publish("a")
  expect(publisher.hasRoom).toBe(false)
  clock.settle()
  answer(published[0]!, taken(0))
  expect([publisher.hasRoom, rooms()]).toEqual([true, 1])
  for (let n = 1; n < BROKER_LIMITS.unansweredMessages; n++) answer(published[0]!, taken(n))
  expect(publisher.activeCount).toBe(0)
  for (let n = 0; n < 4; n++) publish("b", new Uint8Array(LIMITS.applicationMessageBytes))
  expect(publisher.hasRoom).toBe(false)
})

test("a refused subject fails what waits on it, and may be tried again; the end of the session fails all", () => {
  const { clock, publisher, publish, connect, told } = setUp()
  const { broker, published, answer } = connect()
  publish("a")
  clock.settle()
  broker.mux.reset((published[0]!.start.alias | 0x8000_0000) >>> 0, new BusError("forbidden", "no"))
  clock.settle()
  expect(told).toEqual(["forbidden"])
  publish("a")
  clock.settle()
  answer(published[1]!, taken(1))
  expect(told).toHaveLength(2)
  publish("b")
  publisher.close(new BusError("closed", "over"))
  expect(told.at(-1)).toBe("closed")
  expect([publisher.activeCount, publisher.hasRoom]).toEqual([0, true])
})

test("what is no subject, or too large, is refused at once", () => {
  const { publisher, publish } = setUp()
  expect(() => publish("a..b")).toThrow(expect.objectContaining({ code: "invalid_argument" }))
  expect(() => publish("a", new Uint8Array(LIMITS.applicationMessageBytes + 1))).toThrow(
    expect.objectContaining({ code: "too_large" }),
  )
  expect(publisher.activeCount).toBe(0)
})
