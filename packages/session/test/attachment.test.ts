import { BusError, type JsonObject } from "@luxbus/packet"
import { describe, expect, test } from "vitest"
import { connected, words } from "./connected.ts"
import { run } from "./test-client.ts"
import { TestDelivery, type TestLog } from "./test-delivery.ts"

describe("an attachment", () => {
  const hosting = async (logs: TestLog[]) => {
    const all = await connected()
    const deliveries: TestDelivery[] = []
    all.broker.onCommand = (side, id, _op, params) => {
      const wanted = String(params["name"] ?? params["subject"])
      const log = logs.find(({ name }) => name === wanted)
      if (log === undefined) {
        side.session.replyError(id, new BusError("unknown_stream", "none"))
        return undefined
      }
      const from = params["from"] as JsonObject | string
      const main = typeof from === "string" ? (from === "now" ? log.chunks.length : 0) : Number(from["main"])
      deliveries.push(new TestDelivery(log, side.session.mux, id, main))
      return { epoch: log.epoch }
    }
    return { ...all, deliveries }
  }
  const logOf = (change: Partial<TestLog> = {}): TestLog => ({ name: "job", epoch: 1, chunks: words(3), ...change })

  test("is attached again from where it stands, on every connection", async () => {
    const log = logOf()
    const { clock, broker, client, deliveries, session } = await hosting([log])
    const { read, opened } = client.attach({ name: "job" })
    await run(clock, 10)
    for (let i = 0; i < 3; i++) {
      broker.side.pair.cut()
      log.chunks.push(`late${i}.`)
      await run(clock, 1_000)
    }
    expect(read.text).toBe(log.chunks.join(""))
    expect(opened.length).toBe(1)
    expect(broker.sides.map(({ commands }) => commands.map(({ params }) => params))).toEqual([
      [{ name: "job", from: "start", wait: false }],
      ...[3, 4, 5].map((main) => [
        { name: "job", from: { epoch: 1, incarnation: "0707070707070707", main, error: 0 }, wait: true },
      ]),
    ])
    log.outcome = { status: "done", main: log.chunks.length, error: 0 }
    deliveries.at(-1)?.more()
    await run(clock, 10)
    expect([deliveries.at(-1)?.completed, read.log.includes("outcome done")]).toEqual([1, true])
    expect(session.activeCount).toBe(1)
  })

  test("that has taken everything is not asked for again", async () => {
    const log = logOf({ outcome: { status: "done", main: 3, error: 0 } })
    const { clock, broker, client, session } = await hosting([log])
    const { attachment } = client.attach({ name: "job" })
    await run(clock, 10)
    broker.side.pair.cut()
    await run(clock, 1_000)
    expect([broker.side.commands, session.activeCount]).toEqual([[], 0])
    session.detach(attachment)
  })

  test("hears of a gap when another stream has its name now, and the broker that nobody reads it", async () => {
    const logs = [logOf({ seq: new Uint8Array(40).fill(1) })]
    const { clock, broker, client, deliveries } = await hosting(logs)
    const { read } = client.attach({ name: "job" })
    await run(clock, 10)
    logs[0] = logOf({ epoch: 2, seq: new Uint8Array(40).fill(2), chunks: words(5, "other") })
    broker.side.pair.cut()
    await run(clock, 1_000)
    expect([read.log.at(-1), read.failure?.details]).toEqual(["failed gap", { reason: "epoch" }])
    expect([read.text, deliveries.at(-1)?.resets]).toEqual([words(3).join(""), ["gap"]])
    broker.side.pair.cut()
    await run(clock, 1_000)
    expect(broker.side.commands).toEqual([])
  })

  test("goes on where the same stream has come back under another epoch", async () => {
    const seq = new Uint8Array(40).fill(1)
    const logs = [logOf({ seq })]
    const { clock, broker, client } = await hosting(logs)
    const { read } = client.attach({ name: "job" })
    await run(clock, 10)
    logs[0] = logOf({ epoch: 2, seq, chunks: words(5) })
    broker.side.pair.cut()
    await run(clock, 1_000)
    expect([read.text, read.failure]).toEqual([words(5).join(""), undefined])
  })

  test("to a topic that began anew goes on with another reader", async () => {
    const logs = [logOf({ name: "news" })]
    const { clock, broker, client, session } = await hosting(logs)
    const { read, opened } = client.attach({ name: "news", kind: "subscribe" })
    await run(clock, 10)
    logs[0] = logOf({ name: "news", epoch: 2, chunks: words(5, "n") })
    broker.side.pair.cut()
    await run(clock, 1_000)
    expect(opened.length).toBe(2)
    expect(read.text).toBe([...words(3), ...words(5, "n").slice(3)].join(""))
    expect(session.activeCount).toBe(1)
    expect(broker.side.commands[0]).toMatchObject({ op: "subscribe", params: { subject: "news", from: { main: 3 } } })
  })

  test("that the broker refuses is told so, now and later", async () => {
    const logs = [logOf()]
    const { clock, broker, client, session } = await hosting(logs)
    const unknown = client.attach({ name: "nothing" })
    const known = client.attach({ name: "job" })
    await run(clock, 10)
    expect([unknown.refusals.map(({ code }) => code), session.activeCount]).toEqual([["unknown_stream"], 1])
    logs.length = 0
    broker.side.pair.cut()
    await run(clock, 1_000)
    expect([known.refusals.map(({ code }) => code), session.activeCount]).toEqual([["unknown_stream"], 0])
  })

  test("that the broker told to wait hears whatever comes of it", async () => {
    const { clock, broker, client, session } = await connected()
    let id = 0
    broker.onCommand = (_side, command) => {
      id = command
      return { waiting: true }
    }
    const waiting = client.attach({ name: "job", wait: true })
    await run(clock, 10)
    expect(waiting.refusals).toEqual([])
    broker.side.session.replyError(id, new BusError("unknown_stream", "It did not come."))
    await run(clock, 10)
    expect([waiting.refusals.map(({ code }) => code), session.activeCount]).toEqual([["unknown_stream"], 0])
  })

  test("that leaves a group while its connection is away says so on the next one, once", async () => {
    const { clock, broker, client, session } = await connected()
    const names = { group: "workers", member: 7 }
    broker.onCommand = () => ({})
    const { attachment } = client.attach({ kind: "subscribe", name: "jobs", from: "now", ...names })
    await run(clock, 10)
    broker.side.pair.cut()
    await run(clock, 1)
    session.detach(attachment)
    for (let i = 0; i < 2; i++) {
      await run(clock, 1_000)
      const commands = broker.side.commands.map(({ op, params }) => ({ op, params }))
      expect(commands).toMatchObject(i === 0 ? [{ op: "leave", params: { subject: "jobs", ...names } }] : [])
      expect(commands.length).toBe(1 - i)
      expect(session.activeCount).toBe(0)
      broker.side.pair.cut()
    }
  })

  test("that waits for a stream is told when that could not be opened after all", async () => {
    const { clock, broker, client, session } = await connected()
    broker.onCommand = () => ({ waiting: true })
    const { refusals } = client.attach({ name: "job", wait: true })
    await run(clock, 10)
    broker.side.session.replyError(1, new BusError("storage", "the disk is full"))
    await run(clock, 10)
    expect([refusals.map(({ code }) => code), session.activeCount]).toEqual([["storage"], 0])
  })

  test("that waits for a stream is one thing under way, also once it is served", async () => {
    const { clock, broker, client, session } = await connected()
    broker.onCommand = () => ({ waiting: true })
    const { read } = client.attach({ name: "job", wait: true })
    await run(clock, 10)
    new TestDelivery(logOf(), broker.mux, 1, 0)
    await run(clock, 10)
    expect([read.text, session.activeCount]).toEqual([words(3).join(""), 1])
  })

  test("that was detached frees its address, and what the broker starts for it later is refused", async () => {
    const log = logOf()
    const { clock, broker, client, session, deliveries } = await hosting([log])
    const first = client.attach({ name: "job" })
    await run(clock, 10)
    session.detach(first.attachment)
    session.detach(first.attachment)
    const second = client.attach({ name: "job" })
    session.detach(second.attachment)
    await run(clock, 10)
    expect(deliveries.map(({ resets }) => resets)).toEqual([["closed"], ["closed"]])
    expect([session.activeCount, second.opened.length]).toEqual([0, 0])
    broker.side.pair.cut()
    await run(clock, 1_000)
    expect(broker.side.commands).toEqual([])
  })
})
