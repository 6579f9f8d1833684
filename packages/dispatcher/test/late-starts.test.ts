import { BusError, type Fields, Lane, MessageWriter, StreamKind } from "@luxbus/packet"
import { expect, test } from "vitest"
import { TestBus, type TestClient } from "./test-bus.ts"
import { encode } from "./text.ts"

/**
 * Has a client say a stream from its START to its outcome, in one message: the same bytes each time.
 * @returns how it is told that it ended: `complete`, or the code of a reset
 */
function say(bus: TestBus, client: TestClient, fields: Fields, counter: number, alias = 90): string[] {
  const told: string[] = []
  client.carrier.bind(alias, {
    pull: () => false,
    frame() {},
    endRun() {},
    control: ({ complete }) => void (complete && told.push("complete")),
    reset: ({ code }) => void told.push(code),
    detach() {},
  })
  const writer = new MessageWriter()
  const seq = new Uint8Array(40)
  seq.set(client.session)
  seq[39] = counter
  const data = encode(`by ${counter}`)
  writer.start({ epoch: fields.kind === StreamKind.relayed ? 1 : 0 }, { ...fields, alias, seq })
  writer.end(alias, Lane.main, 0, 0, 0, data, { total: data.length })
  writer.control(alias, 0, { outcome: { status: "done", main: 1, error: 0 } })
  client.broker.receive(writer.take())
  bus.pass()
  client.carrier.release(alias)
  return told
}

const CALL: Fields = { kind: StreamKind.relayed, name: "call", to: "b" }
const JOB: Fields = { kind: StreamKind.hosted, name: "job" }

test("a relayed stream that comes late, whole, is complete once more: nothing is made, and its reader hears nothing", () => {
  const bus = new TestBus()
  const [a, b] = [bus.client("a"), bus.client("b")]
  for (const alias of [90, 90, 91]) expect(say(bus, a, CALL, 100, alias)).toEqual(["complete"])
  const reader = b.accepted("a", "call")
  expect([reader.starts.length, reader.text()]).toEqual([1, "by 100"])
  expect(bus.dispatcher.usage.relays).toBe(0)
  expect(a.broker.boundCount + b.broker.boundCount).toBe(0)
})

test("a relayed stream that comes late is complete once more when its reader is gone, and on another connection", () => {
  const bus = new TestBus()
  const [a, b] = [bus.client("a"), bus.client("b")]
  say(bus, a, CALL, 100)
  b.cut()
  a.cut()
  a.reconnect()
  expect(say(bus, a, CALL, 100)).toEqual(["complete"])
  expect(bus.dispatcher.usage.relays).toBe(0)
})

test("a relayed stream that comes late takes nothing from a newer one under its name", () => {
  const bus = new TestBus()
  const [a, b] = [bus.client("a"), bus.client("b")]
  say(bus, a, CALL, 100)
  const newer = a.open("call", "b", 2).write("newer")
  bus.pass()
  expect(say(bus, a, CALL, 100)).toEqual(["complete"])
  newer.finish()
  bus.pass()
  expect(newer.writer.state).toBe("complete")
  expect(bus.dispatcher.usage.relays).toBe(0)
  expect(b.broker.boundCount).toBe(0)
})

test("a relayed stream that was reset, by either side or by the next one, is reset once more with the same code", () => {
  const bus = new TestBus()
  const [a, b] = [bus.client("a"), bus.client("b")]
  a.open("refused", "b")
  const abandoned = a.open("abandoned", "b")
  a.open("call", "b")
  bus.pass()
  b.accepted("a", "refused").reader?.refuse(new BusError("forbidden", "not this one"))
  abandoned.writer.abandon(new BusError("cancelled", "changed my mind"))
  a.open("call", "b", 2)
  bus.pass()
  const again = (name: string, counter: number) => say(bus, a, { ...CALL, name }, counter)
  expect([again("refused", 0), again("abandoned", 1), again("call", 2)]).toEqual([
    ["forbidden"],
    ["cancelled"],
    ["fenced"],
  ])
  expect(bus.dispatcher.usage.relays).toBe(1)
})

test("a hosted stream that comes late is complete once more, also when it is no longer kept", () => {
  const bus = new TestBus({ keepFinishedMs: 10_000 })
  const a = bus.client("a")
  for (let i = 0; i < 2; i++) expect(say(bus, a, JOB, 100)).toEqual(["complete"])
  bus.pass(10_000)
  expect(bus.events).toEqual(["started job", "ended job done", "removed job"])
  expect(say(bus, a, JOB, 100)).toEqual(["complete"])
  expect(bus.dispatcher.usage.streams).toBe(0)
})

test("a hosted stream that comes late does not claim its name from the next epoch", () => {
  const bus = new TestBus()
  const a = bus.client("a")
  say(bus, a, JOB, 100)
  const next = a.host("job").write("next")
  bus.pass()
  const ousted = a.host("ousted")
  bus.pass()
  a.host("ousted")
  bus.pass()
  expect(ousted.error?.code).toBe("fenced")
  expect([say(bus, a, JOB, 100), say(bus, a, { ...JOB, name: "ousted" }, 1)]).toEqual([["complete"], ["fenced"]])
  expect([bus.summary("job")?.state, bus.summary("ousted")?.state]).toEqual(["live", "live"])
  next.finish()
  bus.pass()
  expect(next.writer.state).toBe("complete")
})

test("a seq of another session's names nothing of that session", () => {
  const bus = new TestBus()
  const [a, b, mallory] = [bus.client("a"), bus.client("b"), bus.client("mallory")]
  const writer = new MessageWriter()
  const seq = new Uint8Array(40)
  seq.set(a.session)
  writer.start({ epoch: 1 }, { ...CALL, alias: 90, seq })
  mallory.broker.receive(writer.take())
  bus.pass()
  const said = b.accepted("mallory", "call").starts[0]?.fields.seq
  expect(said?.subarray(0, 32)).toEqual(mallory.session)
  const call = a.open("call", "b").write("x").finish()
  bus.pass()
  expect(call.writer.state).toBe("complete")
})

test("a counter over 2^53-1 is refused", () => {
  const bus = new TestBus()
  const a = bus.client("a")
  const codes: string[] = []
  const end = { pull: () => false, frame() {}, endRun() {}, control() {}, detach() {} }
  for (const fields of [CALL, JOB]) {
    const address = a.carrier.allocate({ ...end, reset: ({ code }) => void codes.push(code) })
    a.carrier.start(address, { epoch: 1 }, { ...fields, seq: new Uint8Array(40).fill(0xff) })
  }
  bus.pass()
  expect(codes).toEqual(["protocol", "protocol"])
})

test("what has ended is remembered while its client may repeat it, and no longer", () => {
  const bus = new TestBus({ windowMs: 10_000 })
  const [a] = [bus.client("a"), bus.client("b")]
  say(bus, a, CALL, 100)
  a.cut()
  bus.pass(9_000)
  a.reconnect()
  expect(say(bus, a, CALL, 100)).toEqual(["complete"])
  a.cut()
  bus.pass(10_000)
  expect(bus.dispatcher.client("a")).toBeUndefined()
})
