import { expect, test } from "vitest"
import { TestBus } from "./test-bus.ts"

test("goes back to nothing when everything has ended: streams, readers, relays, waits, aliases, timers", () => {
  const bus = new TestBus({ keepFinishedMs: 10_000, windowMs: 20_000, topicIdleMs: 5_000 })
  const [a, b, c] = [bus.client("a"), bus.client("b"), bus.client("c")]
  const baseline = { ...bus.dispatcher.usage, clients: 0 }
  a.host("done").write("x").finish()
  a.host("left").write("x")
  const call = a.open("call", "b").write("x")
  a.open("never", "nobody")
  bus.pass()
  const viewer = b.attach("done")
  b.attach("left")
  b.attach("done", "now")
  c.attach("missing", "start", true)
  b.subscribe("news")
  b.subscribe("news.*")
  c.publish("news", "1", "2")
  bus.pass()
  call.finish()
  bus.pass()
  expect(viewer.completed).toBe(true)
  expect(bus.dispatcher.usage).toMatchObject({
    clients: 3,
    streams: 2,
    topics: 1,
    patterns: 1,
    relays: 1,
    waitingReaders: 1,
    aliases: 4,
  })

  for (const client of [a, b, c]) client.cut()
  bus.pass(40_000)
  expect(bus.dispatcher.usage).toEqual(baseline)
  for (const { broker, carrier } of [a, b, c]) {
    expect(broker.boundCount).toBe(0)
    expect(carrier.boundCount).toBe(0)
  }
  for (const { writer } of a.writers) writer.reset(new Error("over") as never)
  expect(bus.clock.pendingTimers).toBe(0)
})

test("leaves no timer and no alias behind when it is closed in the middle of everything, and says nothing", () => {
  const bus = new TestBus()
  const [a, b] = [bus.client("a"), bus.client("b")]
  const job = a.host("job").write("x")
  a.host("done").write("x").finish()
  const call = a.open("call", "b").write("x")
  bus.pass()
  b.attach("job")
  b.attach("missing", "start", true)
  b.subscribe("news")
  b.subscribe("*")
  a.publish("news", "1")
  bus.pass()
  bus.client("c").cut()
  const sent = b.broker.sent.length
  bus.dispatcher.close()
  bus.dispatcher.close()
  bus.settle()
  expect(b.broker.sent.length).toBe(sent)
  expect(a.broker.boundCount + b.broker.boundCount).toBe(0)
  expect(bus.dispatcher.usage).toMatchObject({
    clients: 0,
    streams: 0,
    topics: 0,
    patterns: 0,
    groupMembers: 0,
    letters: 0,
    deadLetters: 0,
    relays: 0,
    waitingReaders: 0,
    aliases: 0,
    links: 0,
    located: 0,
  })
  for (const writer of [job, call]) {
    expect(writer.error).toBeUndefined()
    writer.writer.reset(new Error("over") as never)
  }
  b.accepted("a", "call").reader?.close()
  bus.pass(30)
  expect(bus.clock.pendingTimers).toBe(0)
  expect(() => bus.client("d")).toThrowError(expect.objectContaining({ code: "closed" }))
})
