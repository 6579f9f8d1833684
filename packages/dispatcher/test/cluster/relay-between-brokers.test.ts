import { ManualClock } from "@luxbus/clock/testing"
import { AliasBit, type Fields, Lane, MessageReader, MessageWriter, StreamKind, toHex } from "@luxbus/packet"
import { expect, test } from "vitest"
import { type Backplane, MemoryBackplane } from "../../src/index.ts"
import { TestBus } from "../test-bus.ts"
import { RawNode } from "./raw-node.ts"

const WINDOW_MS = 120_000
const ELSEWHERE = { verdict: "elsewhere" }
const ANSWERED = (AliasBit.receiver | 1) >>> 0

/** A broker, and the backplane that it shares with others that a test plays. */
function brokerUnderTest() {
  const clock = new ManualClock()
  const backplane = new MemoryBackplane(clock)
  const bus = new TestBus({}, { clock, seed: 1, backplane: backplane.join() })
  const raw = (byte: number) => new RawNode(backplane.join(), byte, bus.dispatcher.incarnation)
  return { clock, backplane, bus, raw }
}

/** A client's START as its broker passes it on. */
const startOf = (fields: Fields) => (writer: MessageWriter) =>
  writer.start(
    { epoch: 1 },
    { kind: StreamKind.relayed, name: "call", from: "w", to: "r", seq: new Uint8Array(40), alias: 1, ...fields },
  )

/** Says for another broker that a client is there; hears who asks. */
function playDirectory(member: Backplane, clientId: string, node: string) {
  const asked: string[] = []
  const about = { session: toHex(new Uint8Array(32)) }
  const reader = new MessageReader()
  const writer = new MessageWriter()
  member.subscribe(`client/${clientId}`, (message) => {
    reader.load(message)
    reader.next()
    if (reader.fields().command?.["op"] !== "where") return
    asked.push(clientId)
    writer.control(0, 0, { command: { op: "here", node, revision: 1, since: 1, about } })
    member.publish(`client/${clientId}`, writer.take())
  })
  return asked
}

test("hands a stream of another broker's client to its reader, and passes chunks and statements on", () => {
  const { clock, bus, raw } = brokerUnderTest()
  const reader = bus.client("r").accepted("w", "call")
  const b = raw(1)
  b.control(startOf({}))
  clock.settle()
  b.say({ peerLink: b.peerLink }, (writer) => writer.chunk(1, Lane.main, 0, 0, 0, Uint8Array.of(0x78)))
  b.pass(clock, 200)
  expect(reader.starts[0]?.fields).toMatchObject({ name: "call", from: "w" })
  expect(reader.text()).toBe("x")
  expect(b.frames.map(({ alias }) => alias)).toEqual(b.frames.map(() => ANSWERED))
  expect(b.frames.some(({ fields }) => fields.open)).toBe(true)
  expect(b.frames.some(({ fields }) => fields.cum === 1)).toBe(true)
})

test("makes no relay for a reader that is not connected to it, and says that it is elsewhere", () => {
  const { clock, bus, raw } = brokerUnderTest()
  const b = raw(1)
  b.control(startOf({}))
  b.pass(clock, 1_000)
  expect(b.frames).toMatchObject([{ alias: ANSWERED, fields: { verdict: ELSEWHERE } }])
  expect(bus.dispatcher.usage).toMatchObject({ relays: 0, waitingRelays: 0, located: 0 })
})

test("makes no relay for another session of the reader than the writer's broker means", () => {
  const { clock, bus, raw } = brokerUnderTest()
  const reader = bus.client("r", 7)
  const { session = new Uint8Array(0) } = bus.dispatcher.client("r") ?? {}
  const b = raw(1)
  b.control(startOf({ incarnation: new Uint8Array(8).fill(9) }))
  b.pass(clock, 1_000)
  expect(b.frames).toMatchObject([{ alias: ANSWERED, fields: { verdict: ELSEWHERE } }])
  expect([reader.accepted("w", "call").starts.length, bus.dispatcher.usage.relays]).toEqual([0, 0])
  b.control(startOf({ incarnation: session.slice(0, 8) }))
  b.pass(clock, 1_000)
  expect([reader.accepted("w", "call").starts.length, bus.dispatcher.usage.relays]).toEqual([1, 1])
})

test("names the reader's session, as its broker has said it, to that broker", () => {
  const { clock, backplane, bus, raw } = brokerUnderTest()
  const b = raw(1)
  playDirectory(backplane.join(), "r", b.id)
  bus.client("own").open("call", "r")
  b.pass(clock, 1_000)
  expect(b.frames.find(({ fields }) => fields.from === "own")?.fields.incarnation).toEqual(new Uint8Array(8))
})

test("passes a stream of another broker's client on to its own clients only, even where it knows the reader's broker", () => {
  const { clock, backplane, bus, raw } = brokerUnderTest()
  const [b, c] = [raw(1), raw(2)]
  playDirectory(backplane.join(), "r", c.id)
  bus.client("own").open("call", "r")
  c.pass(clock, 1_000)
  expect(c.frames.map(({ fields }) => fields.from)).toContain("own")
  b.control(startOf({}))
  b.pass(clock, 1_000)
  expect(b.frames).toMatchObject([{ fields: { verdict: ELSEWHERE } }])
  expect(c.frames.map(({ fields }) => fields.from)).not.toContain("w")
  expect(bus.dispatcher.usage.relays).toBe(1)
})

test("ends the relay at the reader's broker with the reader's connection, and says that it is elsewhere", () => {
  const { clock, bus, raw } = brokerUnderTest()
  const reader = bus.client("r")
  const b = raw(1)
  b.control(startOf({}))
  b.pass(clock, 1_000)
  expect(bus.dispatcher.usage.relays).toBe(1)
  reader.cut()
  b.pass(clock, 1_000)
  expect(b.frames.at(-1)).toMatchObject({ alias: ANSWERED, fields: { verdict: ELSEWHERE } })
  expect(bus.dispatcher.usage).toMatchObject({ relays: 0, waitingRelays: 0 })
})

test("asks the place that another one takes to announce its writer anew, should it be there after all", () => {
  const { clock, bus, raw } = brokerUnderTest()
  bus.client("r")
  const [b, c] = [raw(1), raw(2)]
  b.control(startOf({ timestamp: 5 }))
  b.pass(clock, 1_000)
  c.control(startOf({ timestamp: 9 }))
  c.pass(clock, 1_000)
  b.pass(clock, 1_000)
  expect(b.frames.at(-1)).toMatchObject({ alias: ANSWERED, fields: { verdict: { verdict: "retry" } } })
  b.control(startOf({ timestamp: 5 }))
  b.pass(clock, 1_000)
  expect(b.frames.at(-1)).toMatchObject({ alias: ANSWERED, fields: { verdict: { verdict: "wait" } } })
  expect(c.frames.some(({ fields }) => fields.verdict !== undefined)).toBe(false)
})

test("resets a stream whose reader, a client, says what only brokers say", () => {
  const { clock, bus, raw } = brokerUnderTest()
  const reader = bus.client("r")
  reader.accepted("w", "call")
  const b = raw(1)
  b.control(startOf({}))
  b.pass(clock, 1_000)
  reader.carrier.control(ANSWERED, 0, { verdict: ELSEWHERE })
  b.pass(clock, 1_000)
  expect(b.frames.at(-1)).toMatchObject({ alias: ANSWERED, fields: { code: "protocol" } })
  expect(b.frames.some(({ fields }) => fields.verdict !== undefined)).toBe(false)
  expect(bus.dispatcher.usage.relays).toBe(0)
})

test("keeps the relay for the window where the writer's broker is lost, and tells the reader", () => {
  const { clock, bus, raw } = brokerUnderTest()
  const reader = bus.client("r").accepted("w", "call")
  const b = raw(1)
  b.control(startOf({}))
  b.pass(clock, 1_000)
  b.say({ link: 0, peerLink: b.peerLink })
  clock.advance(1_000)
  expect(reader.notices).toContainEqual({ type: "suspended", leftMs: WINDOW_MS })
  expect(bus.dispatcher.usage.relays).toBe(1)
  b.say({ link: 2, seq: 1 }, startOf({}))
  clock.advance(1_000)
  expect(reader.notices.at(-1)).toMatchObject({ type: "resumed" })
  b.say({ link: 0, peerLink: b.peerLink })
  clock.advance(WINDOW_MS + 1_000)
  expect(bus.dispatcher.usage.relays).toBe(0)
  expect(reader.outcome?.status).toBe("expired")
})

test("ends the relay at the reader's broker when the writer's is there, and its writer does not come back within the window", () => {
  const { clock, bus, raw } = brokerUnderTest()
  bus.client("r").accepted("w", "call")
  const b = raw(1)
  b.control(startOf({}))
  b.pass(clock, 1_000)
  b.control((writer) => writer.control(1, 0, { suspended: WINDOW_MS }))
  b.pass(clock, WINDOW_MS - 1_000)
  expect(bus.dispatcher.usage.relays).toBe(1)
  b.pass(clock, 2_000)
  expect(bus.dispatcher.usage.relays).toBe(0)
})

test("follows where a reader is only as long as a stream goes to it", () => {
  const { clock, backplane, bus } = brokerUnderTest()
  const there = new TestBus({}, { clock, seed: 2, backplane: backplane.join() })
  there.client("r").accepted("w", "call")
  const stream = bus.client("w").open("call", "r").write("x")
  bus.pass(1_000)
  expect(bus.dispatcher.usage).toMatchObject({ relays: 1, located: 2, links: 1 })
  stream.finish()
  bus.pass(1_000)
  expect(bus.dispatcher.usage).toMatchObject({ relays: 0, located: 1, links: 1 })
  expect(there.dispatcher.usage).toMatchObject({ relays: 0, located: 1, links: 1 })
})

test("suspends a stream whose reader is elsewhere, and looks for the reader anew", () => {
  const { clock, backplane, bus, raw } = brokerUnderTest()
  const [b, c] = [raw(1), raw(2)]
  const playing = backplane.join()
  const asked = playDirectory(playing, "r", b.id)
  const stream = bus.client("w").open("call", "r").write("x")
  b.pass(clock, 1_000)
  const { alias } = b.frames.find(({ fields }) => fields.name === "call")!
  const address = (alias | AliasBit.receiver) >>> 0
  b.control((writer) => writer.control(address, 0, { open: true, epoch: 1 }))
  b.pass(clock, 1_000)
  const before = asked.length
  playDirectory(backplane.join(), "r", c.id)
  b.control((writer) => writer.control(address, 0, { verdict: ELSEWHERE }))
  b.pass(clock, 1_000)
  expect(asked.length).toBeGreaterThan(before)
  expect(stream.noticed("suspended")).toBe(true)
  expect(bus.dispatcher.usage.relays).toBe(1)
})

test.each([
  ["of a kind that brokers do not pass on", { kind: StreamKind.publish }, "unsupported"],
  ["without a seq", { seq: undefined }, "invalid_argument"],
  ["without a recipient", { to: undefined }, "invalid_argument"],
  ["without a name", { name: undefined }, "invalid_argument"],
] as [string, Fields, string][])("resets a START %s, and goes on with others", (_what, fields, code) => {
  const { clock, bus, raw } = brokerUnderTest()
  bus.client("r")
  const b = raw(1)
  b.control(startOf(fields))
  b.control(startOf({ name: "good", alias: 2, seq: new Uint8Array(40).fill(1, 0, 32) }))
  b.pass(clock, 1_000)
  expect(b.frames.find(({ alias }) => alias === ANSWERED)?.fields.code).toBe(code)
  expect(bus.dispatcher.usage.relays).toBe(1)
})

test("tells the broker's owner of a client that has moved, by its own session or another's", () => {
  const { clock, backplane, bus } = brokerUnderTest()
  const moved: string[] = []
  const member = backplane.join()
  const client = bus.client("r")
  const say = (session: Uint8Array, since: number) => {
    const writer = new MessageWriter()
    const about = { session: toHex(session) }
    writer.control(0, 0, { command: { op: "here", node: "01".repeat(8), revision: 1, since, about } })
    member.publish("client/r", writer.take())
    clock.settle()
    moved.push(client.broker.isCut ? "ended" : "stays")
  }
  say(new Uint8Array(32).fill(9), clock.wallNow() + 1)
  say(client.session, clock.wallNow() - 1)
  say(client.session, clock.wallNow() + 1)
  expect(moved).toEqual(["stays", "stays", "ended"])
  expect(bus.events).toEqual(["moved r", "moved r"])
})
