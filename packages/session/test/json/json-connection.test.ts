import { ManualClock, SeededRandom } from "@luxbus/clock/testing"
import { BusError, encodeUtf8, Lane, MessageWriter, StreamKind } from "@luxbus/packet"
import { HIGH_WATER, memoryPair } from "@luxbus/transport"
import { ConnectionRecorder } from "@luxbus/transport/testing"
import { describe, expect, test } from "vitest"
import { JsonConnection, SharedTexts } from "../../src/index.ts"
import { TestEnd } from "../test-end.ts"
import { testHash } from "../test-hash.ts"
import { HELLO, textSide } from "./text-side.ts"

const BROKER_ALIAS = 0x4000_0007
const batch = (alias: number, text: string): Uint8Array => {
  const writer = new MessageWriter()
  writer.chunk(alias, Lane.main, 0x20, 0, 0, encodeUtf8(text), { origin: "bob" })
  return writer.take()
}
const subscriber = (clock: ManualClock, shared: SharedTexts) => {
  const side = textSide({ clock, shared })
  side.say(HELLO)
  side.session.mux.bind(BROKER_ALIAS, new TestEnd())
  side.session.mux.start(BROKER_ALIAS, { epoch: 1 }, { kind: StreamKind.delivery, name: "news", type: 2 })
  clock.settle()
  side.texts.length = 0
  return side
}

test("a client that says HELLO is welcomed in JSON, and asks and is answered", () => {
  const side = textSide()
  side.say(HELLO)
  expect(side.heard[0]?.welcome).toMatchObject({ id: "alice", version: 1 })
  side.say({ uid: "", type: "command", command: { id: 5, op: "list" } })
  expect(side.heard[1]).toEqual({ uid: "", type: "command", reply: { id: 5, result: "you asked for list" } })
})

test("a command in the seed's form is answered under its uid", () => {
  const side = textSide()
  side.say(HELLO)
  side.say(`{"uid":"task.42","type":"command","to":"dispatcher","data":"subscribe"}`)
  expect(side.heard[1]).toMatchObject({
    ...{
      uid: "task.42",
      type: "command",
      from: "dispatcher",
      to: "alice",
      reply: { result: "you asked for subscribe" },
    },
  })
})

test("who speaks is who was welcomed, whatever the packet says", () => {
  const side = textSide()
  side.say(HELLO)
  side.say({ uid: "a", from: "mallory", type: "stream", frame: "start", kind: "relayed", to: "bob", alias: 1 })
  const end = new TestEnd()
  const origins: unknown[] = []
  end.onFrame = (frame) => origins.push(frame.fields().origin)
  side.session.mux.bind(0x8000_0001, end)
  side.say({ uid: "a", from: "mallory", origin: "eve", type: "stream", chunk: 0, data: 1 })
  expect(side.starts[0]?.fields.from).toBe("alice")
  expect(origins).toEqual([undefined])
})

test("undrained text is what counts as undrained", () => {
  const side = textSide()
  side.say(HELLO)
  side.link.stall()
  const text = "\u0001".repeat(20_000)
  const writer = new MessageWriter()
  writer.start({}, { alias: 3, name: "a", kind: StreamKind.delivery })
  writer.chunk(3, Lane.main, 0x20, 0, 0, encodeUtf8(text))
  side.connection.send(writer.take())
  expect(side.connection.undrainedBytes).toBeGreaterThan(6 * 20_000)
  expect(side.connection.undrainedBytes).toBeGreaterThan(HIGH_WATER)
})

describe("a batch that many are sent", () => {
  test("is written as text once", () => {
    const [clock, shared] = [new ManualClock(), new SharedTexts()]
    const [one, two] = [subscriber(clock, shared), subscriber(clock, shared)]
    const frames = batch(BROKER_ALIAS, "hello")
    one.connection.send(frames)
    expect(shared.of(frames)).toBeDefined()
    // What the second sends is what was kept of the first, and nothing made anew.
    shared.keep(frames, { alias: BROKER_ALIAS, texts: [`{"uid":"news","type":"event","data":"kept"}`] })
    two.connection.send(frames)
    clock.settle()
    expect(one.texts).toEqual([
      `{"uid":"news","type":"event","from":"bob","chunk":0,"is_final":false,"encoding":"utf8","data":"hello"}`,
    ])
    expect(two.texts).toEqual([`{"uid":"news","type":"event","data":"kept"}`])
  })

  test("is written anew where the name is not enough: its client reads another stream of the same name", () => {
    const [clock, shared] = [new ManualClock(), new SharedTexts()]
    const [one, two] = [subscriber(clock, shared), subscriber(clock, shared)]
    two.session.mux.bind(9, new TestEnd())
    two.session.mux.start(9, { epoch: 1 }, { kind: StreamKind.delivery, name: "news", type: 2 })
    clock.settle()
    two.texts.length = 0
    const frames = batch(BROKER_ALIAS, "hello")
    one.connection.send(frames)
    two.connection.send(frames)
    clock.settle()
    expect(JSON.parse(two.texts[0] ?? "")).toMatchObject({ alias: BROKER_ALIAS, data: "hello" })
  })

  test("is kept no longer than until the next", () => {
    const [clock, shared] = [new ManualClock(), new SharedTexts()]
    const one = subscriber(clock, shared)
    const [first, second] = [batch(BROKER_ALIAS, "1"), batch(BROKER_ALIAS, "2")]
    one.connection.send(first)
    one.connection.send(second)
    expect(shared.of(first)).toBeUndefined()
  })

  test("what is one connection's own is not kept", () => {
    const [clock, shared] = [new ManualClock(), new SharedTexts()]
    const one = subscriber(clock, shared)
    const frames = batch(3, "mine")
    one.connection.send(frames)
    expect(shared.of(frames)).toBeUndefined()
  })
})

test("names of streams that are over are let go of", () => {
  const side = textSide({ refuse: new BusError("forbidden", "no") })
  side.say(HELLO)
  for (let n = 1; n <= 3_000; n++) {
    side.say({ uid: `job.${n}`, type: "stream", frame: "start", kind: "hosted", alias: n })
  }
  expect(side.starts).toHaveLength(3_000)
  expect(side.connection.nameCount).toBeLessThan(600)
  const last = () => side.heard.at(-1)?.code
  side.say({ uid: "job.3000", type: "stream", cum: 0 })
  expect(last()).toBe("forbidden")
  side.say({ uid: "job.1", type: "stream", cum: 0 })
  expect(last()).toBe("unknown_stream")
})

test("names of streams that go on are kept, however many", () => {
  const side = textSide()
  side.say(HELLO)
  const ends: TestEnd[] = []
  for (let n = 1; n <= 1_000; n++) {
    side.say({ uid: `job.${n}`, type: "stream", frame: "start", kind: "hosted", alias: n })
    const end = new TestEnd()
    ends.push(end)
    side.session.mux.bind((n | 0x8000_0000) >>> 0, end)
  }
  for (let n = 1; n <= 1_000; n++) side.say({ uid: `job.${n}`, type: "stream", chunk: 0, data: n })
  expect(ends.every(({ got }) => got.length === 1)).toBe(true)
})

test("1 MiB of STARTs, which is more in frames, is read whole", () => {
  const side = textSide()
  side.say(HELLO)
  const starts = Array.from(
    { length: 15_000 },
    (_, n) => `{"uid":"a","type":"stream","frame":"start","alias":${n + 1}}`,
  )
  side.say(`[${starts.join()}]`)
  expect(side.starts).toHaveLength(15_000)
  expect(side.closes).toEqual([])
})

test("what a plain client is spoken for does not reach its owner from within a call of the owner's", () => {
  const clock = new ManualClock()
  const link = memoryPair({ clock, protocol: "luxbus.v1.json" })
  const owner = new ConnectionRecorder()
  const connection = new JsonConnection({
    clock,
    random: new SeededRandom(1),
    createHash: testHash,
    connection: link.near,
    shared: new SharedTexts(),
    isBound: () => true,
    onFault: () => {},
  })
  connection.start(owner)
  link.far.start(new ConnectionRecorder())
  link.far.send(`{"uid":"","type":"command","from":"alice","ping":1}`)
  clock.settle()
  expect(owner.messages).toHaveLength(1)
  const writer = new MessageWriter()
  writer.control(0, 0, { ping: 7 })
  connection.send(writer.take())
  expect(owner.messages).toHaveLength(1)
  clock.settle()
  expect(owner.messages).toHaveLength(2)
})

describe("ends", () => {
  test.each([
    ["text that is no packet", "{"],
    ["bytes", new Uint8Array([1])],
    ["a packet that no frame can say", { uid: "", type: "command", data: 1 } as const],
  ])("with 1002 by %s, said before", (_what, message) => {
    const side = textSide()
    side.say(HELLO)
    side.say(message)
    expect(side.heard.at(-1)).toMatchObject({ frame: "error", code: "protocol" })
    expect(side.closes).toMatchObject([{ code: 1002, error: { code: "protocol" } }])
    expect(side.clock.pendingTimers).toBe(0)
  })

  test("by more than a handshake in HELLO", () => {
    const side = textSide()
    side.say({ ...HELLO, hello: { ...HELLO.hello, token: "t".repeat(5_000) } })
    expect(side.closes).toMatchObject([{ code: 1002 }])
  })

  test("with what its owner says, and nothing is sent or taken afterwards", () => {
    const side = textSide()
    side.say(HELLO)
    side.session.mux.close(1001, "bye")
    side.connection.send(batch(3, "late"))
    side.clock.settle()
    expect(side.closes).toMatchObject([{ code: 1001, reason: "bye" }])
    expect(side.texts).toHaveLength(1)
  })
})
