import { type Fields, Lane, MessageWriter } from "@luxbus/packet"
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

test("fields that a frame of a stream may bear pass", () => {
  const bus = new TestBus()
  const [a, b] = [bus.client("a"), bus.client("b")]
  a.open("call", "b").write("x")
  bus.pass()
  say(a, (writer) => writer.chunk(1, Lane.main, 0, 0, 1, encode("y"), { timestamp: 7.5 }))
  expect(b.accepted("a", "call").texts()).toEqual(["x", "y"])
})
