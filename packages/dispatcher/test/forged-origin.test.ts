import { type Fields, type FullHeader, idOfName, Lane, MessageWriter, NIL_ID, StreamKind } from "@luxbus/packet"
import { expect, test } from "vitest"
import { TestBus, type TestClient } from "./test-bus.ts"
import { encode } from "./text.ts"

const FORGED: Fields = { origin: "mallory" }

/** Sends a frame of the client's first stream by hand. */
const say = (client: TestClient, write: (writer: MessageWriter) => void) => {
  const writer = new MessageWriter()
  write(writer)
  client.broker.receive(writer.take())
  client.bus.pass()
}

test("a relayed chunk that names a publisher resets its stream, and does not reach the reader", () => {
  const bus = new TestBus()
  const [a, b] = [bus.client("a"), bus.client("b")]
  const stream = a.open("call", "b").write("x")
  bus.pass()
  say(a, (writer) => writer.chunk(1, Lane.main, 0, 0, 1, encode("y"), FORGED))
  expect(stream.error?.code).toBe("protocol")
  const reader = b.accepted("a", "call")
  expect(reader.texts()).toEqual(["x"])
  expect(reader.error?.code).toBe("protocol")
})

test("a hosted END that names a publisher resets its stream, and does not reach the log", () => {
  const bus = new TestBus()
  const a = bus.client("a")
  const stream = a.host("job").write("x")
  bus.pass()
  say(a, (writer) => writer.end(1, Lane.main, 0, 0, 1, encode(""), FORGED))
  expect(stream.error?.code).toBe("protocol")
  expect(bus.summary("job")?.chunks).toBe(1)
})

test("a hosted chunk that names a subject resets its stream, and does not reach the log", () => {
  const bus = new TestBus()
  const a = bus.client("a")
  const stream = a.host("job").write("x")
  bus.pass()
  say(a, (writer) => writer.chunk(1, Lane.main, 0, 0, 1, encode("y"), { subject: "task.1" }))
  expect(stream.error?.code).toBe("protocol")
  expect(bus.summary("job")?.chunks).toBe(1)
})

test("fields that a frame of a stream may bear pass", () => {
  const bus = new TestBus()
  const [a, b] = [bus.client("a"), bus.client("b")]
  a.open("call", "b").write("x")
  bus.pass()
  say(a, (writer) => writer.chunk(1, Lane.main, 0, 0, 1, encode("y"), { timestamp: 7.5 }))
  expect(b.accepted("a", "call").texts()).toEqual(["x", "y"])
})

test("a START that names another sender reaches its reader from who really sent it", () => {
  const bus = new TestBus()
  const [a, b] = [bus.client("a"), bus.client("b")]
  const headers: FullHeader[] = []
  const known = b.carrier.handler
  b.carrier.handler = {
    started: (alias, header, fields) => {
      headers.push(header)
      known?.started(alias, header, fields)
    },
    control: () => {},
  }
  const writer = new MessageWriter()
  const fields = { kind: StreamKind.relayed, name: "call", from: "mallory", to: "b", seq: new Uint8Array(40) }
  writer.start({ clientId: idOfName("mallory"), epoch: 1 }, { ...fields, alias: 90 })
  a.broker.receive(writer.take())
  bus.pass()
  expect(b.accepted("mallory", "call").starts).toEqual([])
  expect(b.accepted("a", "call").starts[0]?.fields.from).toBe("a")
  expect(headers.map(({ clientId }) => clientId)).toEqual([NIL_ID])
})
