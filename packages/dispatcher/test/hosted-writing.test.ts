import { BusError, Lane, MessageWriter, StreamKind } from "@luxbus/packet"
import { expect, test } from "vitest"
import { TestBus } from "./test-bus.ts"

test("suspends a stream whose writer lost its connection, and goes on without loss or repetition", () => {
  const bus = new TestBus()
  const writer = bus.client("writer")
  const job = writer.host("job").write("a")
  bus.pass()
  const reader = bus.client("viewer").attach("job")
  bus.pass()
  writer.cut()
  job.write("b")
  bus.pass(1_000)
  expect(bus.summary("job")?.state).toBe("suspended")
  expect(reader.notices).toContainEqual({ type: "suspended", leftMs: 120_000 })
  const late = bus.client("late").attach("job")
  bus.pass()
  expect(late.notices).toContainEqual({ type: "suspended", leftMs: 119_000 })
  writer.reconnect()
  bus.pass()
  job.write("c").finish()
  bus.pass()
  expect(bus.events).toEqual(["started job", "ended job done"])
  for (const one of [reader, late]) {
    expect(one.notices).toContainEqual({ type: "resumed", repeatedBytes: 0 })
    expect(one.texts()).toEqual(["a", "b", "c"])
    expect(one.completed).toBe(true)
  }
  expect(job.noticed("resumed")).toBe(true)
  expect(job.writer.state).toBe("complete")
})

test("expires a stream whose writer stays away for the window", () => {
  const bus = new TestBus({ windowMs: 10_000 })
  const writer = bus.client("writer")
  writer.host("job").write("a", "b")
  bus.pass()
  const reader = bus.client("viewer").attach("job")
  bus.pass()
  writer.cut()
  bus.pass(9_999)
  expect(reader.outcome).toBeUndefined()
  bus.pass(1)
  expect(reader.outcome).toMatchObject({ status: "expired", main: 2, error: 0 })
  expect(reader.texts()).toEqual(["a", "b"])
  expect(bus.summary("job")).toMatchObject({ state: "finished", outcome: { status: "expired" } })
  const late = bus.client("late").attach("job")
  bus.pass()
  expect(late.outcome?.status).toBe("expired")
  writer.reconnect()
  bus.pass()
  expect(writer.writers[0]?.error?.code).toBe("fenced")
})

test("takes a START with the same seq for the same claim", () => {
  const bus = new TestBus()
  const writer = bus.client("writer")
  const job = writer.host("job").write("a")
  job.writer.restart()
  job.writer.restart()
  bus.pass()
  expect(bus.events).toEqual(["started job"])
  job.finish()
  bus.pass()
  expect(job.writer.state).toBe("complete")
  expect(writer.broker.boundCount).toBe(0)
})

test("fences another client off a live stream", () => {
  const bus = new TestBus()
  const job = bus.client("writer").host("job").write("a")
  bus.pass()
  const intruder = bus.client("intruder").host("job").write("b")
  bus.pass()
  expect(intruder.error?.code).toBe("fenced")
  expect(intruder.error?.details).toEqual({ current: bus.summary("job")?.epoch })
  job.finish()
  bus.pass()
  expect(job.writer.state).toBe("complete")
})

test("fences a claim that was fenced before, however late its START is repeated", () => {
  const bus = new TestBus()
  const job = bus.client("writer").host("job").write("a")
  bus.pass()
  const rival = bus.client("rival")
  const claim = () => {
    rival.carrier.start(77, { epoch: 0 }, { kind: StreamKind.hosted, name: "job", seq: new Uint8Array(40).fill(7, 39) })
    bus.pass()
  }
  claim()
  job.finish()
  bus.pass()
  claim()
  expect(bus.summary("job")).toMatchObject({ writer: "writer", state: "finished" })
  rival.host("job")
  bus.pass()
  expect(bus.summary("job")).toMatchObject({ writer: "rival", state: "live" })
})

test("gives the next epoch to a writer that has let go of what this host lacks, and does not fence it", () => {
  const bus = new TestBus()
  const writer = bus.client("writer")
  const seq = new Uint8Array(40)
  const claim = (mainFirst: number) => {
    writer.carrier.start(77, { epoch: 0 }, { kind: StreamKind.hosted, name: "job", seq, mainFirst, errorFirst: 0 })
    bus.pass()
  }
  claim(0)
  const epoch = bus.summary("job")?.epoch ?? 0
  const reader = bus.client("viewer").attach("job")
  bus.pass()
  claim(0)
  expect(bus.summary("job")?.epoch).toBe(epoch)
  claim(7)
  expect(bus.summary("job")).toMatchObject({ epoch: epoch + 1, state: "live" })
  expect(reader.outcome).toMatchObject({ status: "error", code: "fenced" })
  const verdicts = writer.carrier.received.filter((fields) => typeof fields === "object" && fields.verdict)
  expect(verdicts).toEqual([])
  claim(7)
  expect(bus.summary("job")?.epoch).toBe(epoch + 1)
})

test("gives the owner's next session the next epoch, and fences the one before", () => {
  const bus = new TestBus()
  const before = bus.client("writer", 1)
  const job = before.host("job").write("old")
  bus.pass()
  const reader = bus.client("viewer").attach("job")
  reader.paused = true
  bus.pass()
  const epoch = bus.summary("job")?.epoch ?? 0
  const next = bus.client("writer", 2).host("job").write("new")
  bus.pass()
  expect(bus.summary("job")?.epoch).toBe(epoch + 1)
  expect(job.error?.code).toBe("fenced")
  expect(reader.outcome).toMatchObject({ status: "error", code: "fenced" })
  const late = bus.client("late").attach("job", reader.cursor)
  bus.pass()
  expect(late.texts()).toEqual(["[ epoch]", "new"])
  next.finish()
  bus.pass()
  expect(late.completed).toBe(true)
  expect(bus.dispatcher.usage.streams).toBe(2)
  reader.resume()
  bus.pass()
  expect(reader.texts()).toEqual(["old"])
  expect(reader.completed).toBe(true)
  expect(bus.dispatcher.usage.streams).toBe(1)
})

test("fences a resumption by another session, and of an epoch that is over", () => {
  const bus = new TestBus()
  const first = bus.client("writer", 1)
  const job = first.host("job")
  bus.pass()
  first.cut()
  const second = bus.client("writer", 2)
  job.writer.attach(second.carrier)
  bus.pass()
  expect(job.error?.code).toBe("fenced")
  expect(bus.summary("job")?.state).toBe("suspended")
})

test("gives a finished name to whoever claims it next", () => {
  const bus = new TestBus()
  bus.client("writer").host("job").write("a").finish()
  bus.pass()
  const epoch = bus.summary("job")?.epoch ?? 0
  bus.client("other").host("job").write("b").finish()
  bus.pass()
  expect(bus.summary("job")).toMatchObject({ epoch: epoch + 1, writer: "other" })
  expect(bus.dispatcher.usage.streams).toBe(1)
  expect(bus.events).toContain("removed job")
})

test("says complete again to a writer that lost it with its connection", () => {
  const bus = new TestBus()
  const writer = bus.client("writer")
  const job = writer.host("job").write("a")
  bus.pass()
  writer.broker.full = true
  job.finish()
  bus.pass()
  expect(bus.summary("job")?.state).toBe("finished")
  expect(job.writer.state).toBe("ending")
  writer.cut()
  writer.reconnect()
  bus.pass()
  expect(job.writer.state).toBe("complete")
  expect(writer.broker.boundCount).toBe(0)
})

test("knows nothing of a stream after a restart, and hosts what its writer still holds", () => {
  const before = new TestBus()
  const first = before.client("writer")
  const job = first.host("job").write("a", "b")
  before.pass()
  first.carrier.cut()

  const restarted = new TestBus()
  restarted.clock.advance(before.clock.now())
  const writer = restarted.client("writer")
  job.write("c")
  job.writer.attach(writer.carrier)
  for (let i = 0; i < 5; i++) {
    restarted.pass()
    before.pass()
  }
  const reader = restarted.client("viewer").attach("job")
  restarted.pass()
  job.finish()
  for (let i = 0; i < 5; i++) {
    restarted.pass()
    before.pass()
  }
  expect(reader.texts()).toEqual(["[0-1 epoch]", "c"])
  expect(reader.completed).toBe(true)
  expect(job.writer.state).toBe("complete")
})

test("passes a cancel on to the writer, now or when it is back", () => {
  const bus = new TestBus()
  const writer = bus.client("writer")
  const [live, away] = [writer.host("live"), writer.host("away")]
  bus.pass()
  const viewer = bus.client("viewer")
  const reader = viewer.attach("live")
  bus.pass()
  reader.reader?.cancel("enough")
  bus.pass()
  expect(live.cancels[0]).toBe("enough")
  live.finish({ status: "cancelled", reason: "enough" })
  bus.pass()
  expect(reader.outcome).toMatchObject({ status: "cancelled", reason: "enough" })
  expect(viewer.command("cancel", { name: "live" })).toEqual({ status: "cancelled" })

  writer.cut()
  expect(viewer.command("cancel", { name: "away", reason: "later" })).toEqual({ status: "suspended" })
  bus.pass(1_000)
  expect(away.cancels).toEqual([])
  writer.reconnect()
  bus.pass()
  expect(away.cancels[0]).toBe("later")
})

test("ends the stream with the writer's own error when the writer gives it up", () => {
  const bus = new TestBus()
  const job = bus.client("writer").host("job").write("a")
  bus.pass()
  const reader = bus.client("viewer").attach("job")
  bus.pass()
  job.writer.abandon(new BusError("going_away", "no time left"))
  bus.pass()
  expect(reader.outcome).toMatchObject({ status: "error", code: "going_away", message: "no time left" })
  expect(reader.texts()).toEqual(["a"])
})

test("keeps END's totals and data that END carries", () => {
  const bus = new TestBus()
  const job = bus.client("writer").host("job").write("a", "b")
  job.writer.end(Lane.main)
  bus.pass()
  const reader = bus.client("viewer").attach("job")
  bus.pass()
  const end = reader.items.find((item) => item.type === "end")
  expect(end).toMatchObject({ number: 2, verified: true, fields: { total: 2 } })
  job.writeError("late").finish()
  bus.pass()
  expect(reader.text("error")).toBe("late")
  expect(reader.completed).toBe(true)
})

test("keeps finished streams for their time, oldest out first when room is needed", () => {
  const bus = new TestBus({ keepFinishedMs: 10_000, maxHostedBytes: 3_000 })
  const writer = bus.client("writer")
  for (const name of ["one", "two"]) {
    writer.host(name).write("x".repeat(1_000)).finish()
    bus.pass(1_000)
  }
  expect(bus.dispatcher.list().map(({ name }) => name)).toEqual(["one", "two"])
  writer.host("three").write("x".repeat(1_000)).finish()
  bus.pass(1_000)
  expect(bus.dispatcher.list().map(({ name }) => name)).toEqual(["two", "three"])
  bus.pass(8_100)
  expect(bus.dispatcher.list().map(({ name }) => name)).toEqual(["three"])
  bus.pass(1_000)
  expect(bus.dispatcher.usage).toMatchObject({ streams: 0, aliases: 0, heldBytes: 0 })
})

test("refuses a stream beyond the bound when none has finished", () => {
  const bus = new TestBus({ maxStreams: 2 })
  const writer = bus.client("writer")
  const one = writer.host("one")
  writer.host("two")
  bus.pass()
  const three = writer.host("three")
  bus.pass()
  expect(three.error?.code).toBe("rate_limited")
  one.finish()
  bus.pass()
  const four = writer.host("four")
  bus.pass()
  expect(four.error).toBeUndefined()
  expect(bus.dispatcher.list().map(({ name }) => name)).toEqual(["two", "four"])
})

test("does not take a seq for proof: only the claim's own session writes", () => {
  const bus = new TestBus()
  const job = bus.client("writer").host("job").write("a")
  bus.pass()
  const viewer = bus.client("viewer")
  const reader = viewer.attach("job")
  bus.pass()
  const { seq } = reader.starts[0]!.fields
  viewer.carrier.start(77, { epoch: 0 }, { kind: 1, name: "job", seq })
  viewer.carrier.start(
    78,
    { epoch: bus.summary("job")!.epoch },
    {
      kind: 1,
      name: "job",
      seq,
      resume: true,
      incarnation: bus.dispatcher.incarnation,
    },
  )
  bus.pass()
  job.write("b").finish()
  bus.pass()
  expect(reader.texts()).toEqual(["a", "b"])
  expect(job.writer.state).toBe("complete")
})

test("lets go of its own place only, where its writer has given the alias to another stream", () => {
  const bus = new TestBus({ windowMs: 10_000 })
  const client = bus.client("writer")
  const message = new MessageWriter()
  const start = (name: string, alias: number, counter: number) =>
    message.start({}, { name, alias, seq: new Uint8Array(40).fill(counter, 39), kind: StreamKind.hosted })
  start("job", 90, 1)
  message.control(90, 0, { cancel: { code: "closed", message: "given up" } })
  start("other", 90, 2)
  // The next epoch of the first: the one before goes, and leaves what is not its own.
  start("job", 91, 3)
  client.broker.receive(message.take())
  bus.pass()
  expect(bus.summary("other")?.state).toBe("live")
  client.cut()
  bus.pass()
  expect(bus.summary("other")?.state).toBe("suspended")
  bus.pass(10_000)
  expect(bus.summary("other")?.outcome?.status).toBe("expired")
})

test("takes a stream for left by its writer when a START under its alias is refused", () => {
  const bus = new TestBus({ windowMs: 10_000 })
  const client = bus.client("writer")
  const message = new MessageWriter()
  message.start({}, { name: "job", alias: 90, seq: new Uint8Array(40), kind: StreamKind.hosted })
  message.start({}, { name: "no-seq", alias: 90, kind: StreamKind.hosted })
  client.broker.receive(message.take())
  bus.pass()
  expect(bus.summary("job")?.state).toBe("suspended")
  bus.pass(10_000)
  expect(bus.summary("job")?.outcome?.status).toBe("expired")
})
