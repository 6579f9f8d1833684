import { expect, test } from "vitest"
import { codeOf, TestBus } from "./test-bus.ts"

test("lists what is hosted, with its state and sizes", () => {
  const bus = new TestBus()
  const writer = bus.client("writer")
  writer.host("one").write("abc", "de").writeError("f").finish({ status: "done", exitCode: 0 })
  writer.host("two").write("x")
  bus.pass()
  const viewer = bus.client("viewer")
  viewer.attach("two")
  bus.pass()
  writer.cut()
  const { epoch } = bus.summary("one")!
  expect(viewer.command("list")).toEqual([
    {
      name: "one",
      epoch,
      state: "finished",
      writer: "writer",
      startedAtMs: 1_704_067_200_000,
      mainBytes: 5,
      errorBytes: 1,
      chunks: 5,
      readers: 0,
      headers: { title: "one" },
      outcome: { status: "done", exitCode: 0, main: 3, error: 2 },
    },
    {
      name: "two",
      epoch,
      state: "suspended",
      writer: "writer",
      startedAtMs: 1_704_067_200_000,
      mainBytes: 1,
      errorBytes: 0,
      chunks: 1,
      readers: 1,
      headers: { title: "two" },
      outcome: null,
    },
  ])
})

test("names the parameter that is wrong", () => {
  const bus = new TestBus()
  bus.client("writer").host("job").write("a")
  bus.pass()
  const client = bus.client("client")
  const { epoch } = bus.summary("job")!
  const incarnation = Array.from(bus.dispatcher.incarnation, (byte) => byte.toString(16).padStart(2, "0")).join("")
  const cursor = { epoch, incarnation, main: 0, error: 0 }
  for (const [op, params, field] of [
    ["attach", {}, "name"],
    ["attach", { name: "" }, "name"],
    ["attach", { name: "job", from: "later" }, "from"],
    ["attach", { name: "job", from: { epoch: 1 } }, "from"],
    ["attach", { name: "job", from: { ...cursor, main: -1 } }, "from"],
    ["attach", { name: "job", from: { ...cursor, main: 2 } }, "from"],
    ["attach", { name: "job", wait: "yes" }, "wait"],
    ["subscribe", { subject: "a..b" }, "subject"],
    ["cancel", { name: "job", reason: 1 }, "reason"],
  ] as const) {
    let details: unknown
    try {
      client.command(op, params)
    } catch (error) {
      expect(error).toMatchObject({ code: "invalid_argument" })
      details = (error as { details: unknown }).details
    }
    expect([op, params, details]).toEqual([op, params, expect.objectContaining({ field })])
  }
  expect(bus.summary("job")?.readers).toBe(0)
})

test("refuses operations that it does not know, and names that are not there", () => {
  const bus = new TestBus()
  const client = bus.client("client")
  expect(codeOf(() => client.command("dance"))).toBe("unsupported")
  expect(codeOf(() => client.command("cancel", { name: "job" }))).toBe("unknown_stream")
  expect(codeOf(() => client.connected.command(1, "list", "x"))).toBe("invalid_argument")
  expect(codeOf(() => client.connected.resumeStream({ name: "x" }))).toBe("invalid_argument")
  client.cut()
  expect(codeOf(() => client.command("list"))).toBe("closed")
})

test("bounds the readers of one connection", () => {
  const bus = new TestBus({ maxReadersPerClient: 2 })
  const client = bus.client("client")
  const reader = client.subscribe("a")
  client.attach("job", "start", true)
  expect(codeOf(() => client.command("subscribe", { subject: "b" }))).toBe("rate_limited")
  bus.pass()
  reader.reader?.close()
  bus.pass()
  expect(codeOf(() => client.command("subscribe", { subject: "b" }))).toBeUndefined()
})
