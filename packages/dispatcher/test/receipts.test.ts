import { BROKER_LIMITS, ChunkFlag, toHex } from "@luxbus/packet"
import { expect, test } from "vitest"
import { TestBus } from "./test-bus.ts"
import { TestPublisher } from "./test-publisher.ts"
import { encode } from "./text.ts"

function testSeq(counter: number): Uint8Array {
  const seq = new Uint8Array(40)
  seq[39] = counter
  return seq
}

function setUp(subject = "news") {
  const bus = new TestBus()
  const client = bus.client("p")
  const reader = bus.client("r").subscribe(subject, "start")
  const publisher = new TestPublisher(subject, testSeq(1))
  bus.pass()
  publisher.start(client.carrier)
  return { bus, client, reader, publisher }
}

const numbersOf = ({ receipts }: TestPublisher) => receipts.map(({ number }) => number)

test("say of each message where the topic goes on, and how many read it: a turn's in one statement", () => {
  const { bus, reader, publisher } = setUp()
  publisher.publish("one", "two", "three")
  bus.pass()
  const { epoch } = reader.cursor
  expect(publisher.receipts).toEqual([
    { number: 0, epoch, next: 1, subscribers: 1 },
    { number: 1, epoch, next: 2, subscribers: 1 },
    { number: 2, epoch, next: 3, subscribers: 1 },
  ])
  expect(publisher.statements).toHaveLength(1)
  expect(publisher.statements[0]?.["incarnation"]).toBe(toHex(bus.dispatcher.incarnation))
  expect(reader.texts()).toEqual(["one", "two", "three"])
})

test("of a message of chunks come once, when it is whole", () => {
  const { bus, reader, publisher } = setUp()
  publisher.publishChunk(encode("on"), ChunkFlag.more)
  bus.pass()
  expect(publisher.receipts).toEqual([])
  publisher.publishChunk(encode("e"))
  bus.pass()
  expect(publisher.receipts).toMatchObject([{ number: 1, next: 2 }])
  expect(reader.text()).toBe("one")
})

test("a message is taken once though its receipt was lost with the connection, and answered as before", () => {
  const { bus, client, reader, publisher } = setUp()
  publisher.publish("one", "two")
  bus.pass()
  const before = publisher.receipts.splice(0)
  client.cut()
  client.reconnect()
  publisher.start(client.carrier, 0)
  publisher.publish("three")
  bus.pass()
  expect(reader.texts()).toEqual(["one", "two", "three"])
  expect(publisher.receipts.slice(0, 2)).toEqual(before)
  expect(numbersOf(publisher)).toEqual([0, 1, 2])
})

test("the rest of a message that the connection took down is no message of its own", () => {
  const { bus, client, reader, publisher } = setUp()
  publisher.publishChunk(encode("on"), ChunkFlag.more)
  bus.pass()
  client.cut()
  client.reconnect()
  publisher.start(client.carrier, 0)
  publisher.publishChunk(encode("e"))
  bus.pass()
  expect(reader.texts()).toEqual(["on", "e"])
  expect(numbersOf(publisher)).toEqual([1])
})

test("a broker that does not know the session begins where the publisher does", () => {
  const { bus, publisher } = setUp()
  publisher.publish("one", "two")
  bus.pass()
  const other = new TestBus()
  const client = other.client("p")
  const reader = other.client("r").subscribe("news", "start")
  publisher.receipts.splice(0)
  publisher.start(client.carrier, 1)
  other.pass()
  expect(numbersOf(publisher)).toEqual([1])
  expect(reader.texts()).toEqual(["two"])
})

test("another session of the client is another publisher", () => {
  const { bus, publisher, reader } = setUp()
  publisher.publish("one")
  bus.pass()
  const again = bus.client("p", 1)
  const other = new TestPublisher("news", testSeq(1))
  other.start(again.carrier)
  other.publish("two")
  bus.pass()
  expect(numbersOf(other)).toEqual([0])
  expect(reader.texts()).toEqual(["one", "two"])
})

test("are kept of the last messages, as many as a session may lack", () => {
  const { bus, client, reader, publisher } = setUp()
  const count = BROKER_LIMITS.unansweredMessages + 10
  publisher.publish(...Array.from({ length: count }, (_, n) => `${n}`))
  bus.pass()
  expect(publisher.receipts).toHaveLength(count)
  publisher.receipts.splice(0)
  client.cut()
  client.reconnect()
  publisher.start(client.carrier, 0)
  bus.pass()
  expect(numbersOf(publisher)).toEqual(Array.from({ length: BROKER_LIMITS.unansweredMessages }, (_, n) => n + 10))
  expect(reader.items).toHaveLength(count)
})

test("statements fit into a frame's fields, however many receipts there are", () => {
  const { bus, publisher } = setUp()
  publisher.publish(...Array.from({ length: 500 }, (_, n) => `${n}`))
  bus.pass()
  expect(publisher.statements.length).toBeGreaterThan(5)
  for (const statement of publisher.statements) expect(JSON.stringify(statement).length).toBeLessThan(4_000)
})

test("a number that is left out is protocol; what has no seq too", () => {
  const { bus, client, publisher } = setUp()
  bus.pass()
  publisher.start(client.carrier, 0)
  publisher.publish("one", "two")
  bus.pass()
  const skipping = new TestPublisher("news", testSeq(1))
  skipping.start(client.carrier, 1, { receipts: true, mainFirst: 0 })
  skipping.publish("0", "1", "2", "3")
  bus.pass()
  const leaving = new TestPublisher("news", testSeq(2))
  leaving.publish("0", "1")
  leaving.start(client.carrier, 1, { receipts: true, mainFirst: 0 })
  bus.pass()
  expect([skipping.error, leaving.error?.code]).toEqual([undefined, "protocol"])
  const nameless = new TestPublisher("news", testSeq(3))
  nameless.start(client.carrier, 0, { receipts: true, seq: undefined })
  bus.pass()
  expect(nameless.error?.code).toBe("protocol")
})

test("a subject that is none is refused, and the place is free", () => {
  const bus = new TestBus({ maxPublicationsPerClient: 1 })
  const client = bus.client("p")
  const wrong = new TestPublisher("a..b", testSeq(1))
  wrong.start(client.carrier)
  bus.pass()
  expect(wrong.error?.code).toBe("invalid_argument")
  const right = new TestPublisher("a.b", testSeq(2))
  right.start(client.carrier)
  right.publish("one")
  bus.pass()
  expect(numbersOf(right)).toEqual([0])
})
