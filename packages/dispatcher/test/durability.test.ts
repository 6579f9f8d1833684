import { BusError, Lane } from "@luxbus/packet"
import { expect, test } from "vitest"
import { SlowJournals } from "./slow-journals.ts"
import { TestBus } from "./test-bus.ts"

function slowBus(maxBytes?: number): { readonly journals: SlowJournals; readonly bus: TestBus } {
  const journals = new SlowJournals(maxBytes)
  return { journals, bus: new TestBus({ journals }) }
}

/** Lets messages travel and the journal answer, as often as they lead to each other. */
async function flow(bus: TestBus, journals: SlowJournals): Promise<void> {
  for (let i = 0; i < 6; i++) {
    bus.pass(30)
    await journals.answer()
  }
}

test("delivers nothing, and completes nothing, before the journal has it", async () => {
  const { bus, journals } = slowBus()
  const job = bus.client("writer").host("job").write("a")
  bus.pass()
  expect(job.writer.state).toBe("opening")
  await flow(bus, journals)
  expect(job.writer.state).toBe("open")
  const reader = bus.client("viewer").attach("job", "start", true)
  await flow(bus, journals)
  expect(reader.texts()).toEqual(["a"])

  job.write("b").writeError("e").finish()
  bus.pass()
  expect(reader.texts()).toEqual(["a"])
  expect(reader.outcome).toBeUndefined()
  expect(job.writer.state).toBe("ending")
  await flow(bus, journals)
  expect(reader.texts()).toEqual(["a", "b"])
  expect(reader.text("error")).toBe("e")
  expect(reader.completed).toBe(true)
  expect(job.writer.state).toBe("complete")
})

test("what is handed on is not overtaken by a gap behind it, though its connection was about to say something", async () => {
  const { bus, journals } = slowBus(2_048)
  const job = bus.client("writer").host("job")
  const viewer = bus.client("viewer")
  await flow(bus, journals)
  const reader = viewer.attach("job", "start", true)
  await flow(bus, journals)
  const alias = reader.starts[0]?.fields.alias ?? 0
  const share = viewer.broker.share.bind(viewer.broker)
  viewer.broker.share = (lane, frames, cost) => {
    for (const ready of [Lane.control, Lane.error, Lane.main]) viewer.broker.wake(alias, ready)
    return share(lane, frames, cost)
  }
  // Answered together: by then the first of them have been evicted.
  for (let i = 0; i < 12; i++) {
    job.write(`${i} `.padEnd(900))
    bus.pass(1)
  }
  await flow(bus, journals)
  job.finish()
  await flow(bus, journals)
  expect(reader.texts().map((text) => text.trim())).toEqual(Array.from({ length: 12 }, (_, i) => `${i}`))
  expect(reader.completed).toBe(true)
})

test("serves late readers from a journal that answers later", async () => {
  const { bus, journals } = slowBus()
  const texts = Array.from({ length: 30 }, (_, i) => `${i}`.padEnd(10_000))
  const job = bus
    .client("writer")
    .host("job")
    .write(...texts)
  await flow(bus, journals)
  const reader = bus.client("viewer").attach("job")
  job.write("last").finish()
  for (let i = 0; i < 10; i++) await flow(bus, journals)
  expect(reader.texts()).toEqual([...texts, "last"])
  expect(reader.verified()).toBe(true)
})

test("attaches inside a message of a journal that answers later", async () => {
  const { bus, journals } = slowBus()
  const job = bus.client("writer").host("job")
  for (let i = 0; i < 3; i++) job.writer.write(Lane.main, new Uint8Array(1), 0x04)
  await flow(bus, journals)
  const viewer = bus.client("viewer")
  const first = viewer.attach("job")
  await flow(bus, journals)
  const reply = viewer.connected.command(99, "attach", { name: "job", from: { ...first.cursor, main: 2 } })
  expect(reply).toBeInstanceOf(Promise)
  await flow(bus, journals)
  await expect(reply).resolves.toEqual({ name: "job", epoch: bus.summary("job")?.epoch })
})

test("takes an attachment back whose client went while the journal was asked", async () => {
  const { bus, journals } = slowBus()
  bus.client("writer").host("job").write("a", "b", "c")
  await flow(bus, journals)
  const viewer = bus.client("viewer")
  const first = viewer.attach("job")
  await flow(bus, journals)
  const reply = viewer.connected.command(99, "attach", { name: "job", from: { ...first.cursor, main: 2 } })
  viewer.cut()
  const settled = Promise.resolve(reply).catch((error: BusError) => error.code)
  await flow(bus, journals)
  expect(await settled).toBe("closed")
  expect(viewer.broker.boundCount).toBe(0)
  expect(bus.summary("job")?.readers).toBe(0)
})

test("takes no more from the writer than the journal may owe", async () => {
  const { bus, journals } = slowBus()
  const job = bus.client("writer").host("job")
  await flow(bus, journals)
  for (let i = 0; i < 60; i++) job.writer.write(Lane.main, new Uint8Array(60_000), 0)
  job.finish()
  bus.pass(2_000)
  expect(job.writer.blocked(Lane.main)).toBe(true)
  for (let i = 0; i < 10; i++) await flow(bus, journals)
  expect(job.writer.state).toBe("complete")
  expect(bus.summary("job")).toMatchObject({ mainBytes: 60 * 60_000, state: "finished" })
})

test("ends a stream whose journal fails, and delivers nothing behind the hole", async () => {
  const { bus, journals } = slowBus()
  const job = bus.client("writer").host("job").write("a")
  await flow(bus, journals)
  const reader = bus.client("viewer").attach("job")
  await flow(bus, journals)
  journals.broken = new BusError("storage", "the disk is full")
  job.write("b")
  bus.pass()
  job.write("c")
  bus.pass()
  await flow(bus, journals)
  expect(reader.texts()).toEqual(["a"])
  expect(reader.outcome).toMatchObject({ status: "error", code: "storage" })
  expect(job.error?.code).toBe("storage")
  expect(bus.events).toContain("failed job storage")
})

test("waits for the window when the writer went before its journal was open", async () => {
  const { bus, journals } = slowBus()
  const writer = bus.client("writer")
  const job = writer.host("job").write("a")
  bus.pass()
  writer.cut()
  await flow(bus, journals)
  expect(bus.summary("job")?.state).toBe("suspended")
  writer.reconnect()
  await flow(bus, journals)
  job.finish()
  await flow(bus, journals)
  expect(job.writer.state).toBe("complete")
})

test("ends a stream that its writer gave up before its journal was open", async () => {
  const { bus, journals } = slowBus()
  const writer = bus.client("writer")
  writer.host("job").writer.abandon(new BusError("cancelled", "on second thoughts"))
  bus.pass()
  expect(writer.broker.boundCount).toBe(0)
  await flow(bus, journals)
  expect(bus.summary("job")).toMatchObject({ state: "finished", outcome: { status: "error", code: "cancelled" } })
})

test("gives two claims of one name that is being opened two epochs, and the later one the name", async () => {
  const { bus, journals } = slowBus()
  const first = bus.client("writer", 1).host("job").write("old")
  bus.pass()
  const second = bus.client("writer", 2).host("job").write("new")
  bus.pass()
  await flow(bus, journals)
  const reader = bus.client("viewer").attach("job")
  await flow(bus, journals)
  second.finish()
  await flow(bus, journals)
  expect(first.error?.code).toBe("fenced")
  expect(second.writer.state).toBe("complete")
  expect(reader.texts()).toEqual(["new"])
  expect(bus.dispatcher.usage.streams).toBe(1)
})
