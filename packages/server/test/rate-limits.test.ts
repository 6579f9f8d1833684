import { ManualClock } from "@luxbus/clock/testing"
import { type Fields, Lane, type MessageWriter, StreamKind } from "@luxbus/packet"
import { type CloseInfo, memoryPair } from "@luxbus/transport"
import { afterEach, describe, expect, test } from "vitest"
import { createServer, type RateLimits, type Server, type ServerEvent } from "../src/index.ts"
import { LimitsTable } from "../src/rate-limits.ts"
import { HELLO, rawClient } from "./raw-client.ts"

const KIB = 1024
const WINDOW_BYTES = 1_024 * KIB

const open: { readonly server: Server; readonly clock: ManualClock }[] = []
afterEach(async () => {
  for (const { server, clock } of open.splice(0)) {
    const closed = server.close({ drainMs: 0 })
    clock.advance(1_000)
    await closed
  }
})

/** A broker with these limits, on a clock of the test's, and clients that say what they like. */
function start(rateLimits: RateLimits, tokenMs?: number) {
  const clock = new ManualClock()
  const events: ServerEvent[] = []
  const heartbeat = { intervalMs: 2 ** 30, timeoutMs: 8_000 }
  const expiresAtMs = tokenMs && clock.wallNow() + tokenMs
  const authenticate = () => ({ anonymous: true as const, ...(expiresAtMs !== undefined && { expiresAtMs }) })
  const onEvent = (event: ServerEvent) => events.push(event)
  const server = createServer({ rateLimits, heartbeat, authenticate, onEvent }, { clock })
  open.push({ server, clock })
  const pass = async (ms = 0) => {
    clock.advance(ms)
    for (let i = 0; i < 10; i++) {
      await Promise.resolve()
      clock.advance(0)
    }
  }
  const join = async (id: string) => {
    const pair = memoryPair({ clock, protocol: "luxbus.v1.bin" })
    server.accept(pair.far, { remoteAddress: "memory", headers: {} } as never)
    const raw = await rawClient(() => Promise.resolve(pair.near))
    let closed: CloseInfo | undefined
    void raw.closed.then((info) => {
      closed = info
    })
    raw.say((w) => w.control(0, 0, { hello: { ...HELLO, secret: id.padEnd(43, "s"), id } }))
    await pass()
    return {
      ...raw,
      get over() {
        return closed
      },
      /** What was granted of the connection, apart from streams, whose credit comes with `cum`. */
      credit: () => raw.heard.filter(({ lane, credit, cum }) => lane === Lane.main && credit && cum === undefined),
      errors: () => raw.heard.filter(({ code }) => code !== undefined),
      async tell(write: (writer: MessageWriter) => void) {
        raw.say(write)
        await pass()
      },
    }
  }
  return { clock, server, events, pass, join }
}

type Joined = Awaited<ReturnType<ReturnType<typeof start>["join"]>>

const startOf = (n: number, more: Fields = {}): Fields => {
  const seq = new Uint8Array(40)
  seq[39] = n
  return { kind: StreamKind.hosted, name: `job.${n}`, alias: n, seq, mainFirst: 0, errorFirst: 0, ...more }
}
const replies = (client: Joined) => client.heard.flatMap(({ reply }) => (reply === undefined ? [] : [reply]))

describe("opens", () => {
  test("beyond are refused, alone, with the time after which there may be another", async () => {
    const { server, pass, join } = start({ opens: { perSecond: 1, burst: 2 } })
    const client = await join("alice")
    await client.tell((w) => {
      for (let n = 1; n <= 3; n++) w.start({}, startOf(n))
    })
    expect(client.errors()).toMatchObject([{ code: "rate_limited", details: { retryAfterMs: 1_000 } }])
    expect(server.list().map(({ name }) => name)).toEqual(["job.1", "job.2"])
    await pass(1_000)
    await client.tell((w) => w.start({}, startOf(3)))
    expect(server.list()).toHaveLength(3)
    expect(client.over).toBeUndefined()
  })

  test("to peers count too; what is announced again, or comes back, does not", async () => {
    const { join } = start({ opens: { perSecond: 1, burst: 1 } })
    const client = await join("alice")
    const letter = { kind: StreamKind.relayed, to: "bob", name: "letter" }
    for (let i = 0; i < 3; i++) await client.tell((w) => w.start({ epoch: 1 }, startOf(1, letter)))
    expect(client.errors()).toEqual([])
    await client.tell((w) => w.start({ epoch: 1 }, startOf(2, { ...letter, name: "back", resume: true })))
    expect(client.errors()).toEqual([])
    await client.tell((w) => w.start({ epoch: 1 }, startOf(3, { ...letter, name: "other" })))
    expect(client.errors()).toMatchObject([{ code: "rate_limited" }])
  })

  test("count over a client's connections, and each client's by themselves", async () => {
    const { server, join } = start({ opens: { perSecond: 1, burst: 1 } })
    await (await join("alice")).tell((w) => w.start({}, startOf(1)))
    await (await join("alice")).tell((w) => w.start({}, startOf(2)))
    await (await join("bob")).tell((w) => w.start({}, startOf(3)))
    expect(server.list().map(({ name }) => name)).toEqual(["job.1", "job.3"])
  })
})

test("commands and cancels beyond are answered with rate_limited", async () => {
  const { pass, join } = start({ commands: { perSecond: 10, burst: 5 }, cancels: { perSecond: 0.5, burst: 1 } })
  const client = await join("alice")
  const ask = (id: number, op: string) =>
    client.tell((w) => w.control(0, 0, { command: { id, op, params: { name: "job" } } }))
  for (let id = 1; id <= 2; id++) await ask(id, "cancel")
  expect(replies(client)).toMatchObject([
    { id: 1, error: { code: "unknown_stream" } },
    { id: 2, error: { code: "rate_limited", details: { retryAfterMs: 2_000 } } },
  ])
  for (let id = 3; id <= 6; id++) await ask(id, "list")
  expect(replies(client).slice(2)).toMatchObject([
    ...[3, 4, 5].map((id) => ({ id, result: [] })),
    { id: 6, error: { code: "rate_limited", details: { retryAfterMs: 100 } } },
  ])
  await pass(100)
  await ask(7, "list")
  expect(replies(client).at(-1)).toMatchObject({ id: 7, result: [] })
})

describe("bytes and packets", () => {
  /** Sends so many chunks of 32 KiB, as if there were credit for them. */
  const send = async (client: Joined, from: number, count: number) => {
    for (let n = from; n < from + count; n++) {
      await client.tell((w) => w.chunk(1, Lane.main, 0, 0, n, new Uint8Array(32 * KIB)))
    }
  }

  test("beyond are taken, and the client is given no credit until it owes nothing", async () => {
    const { clock, pass, join, server } = start({ bytes: { perSecond: 64 * KIB, burst: 64 * KIB } })
    const client = await join("alice")
    await client.tell((w) => w.start({}, startOf(1)))
    await send(client, 0, 20)
    expect(client.credit()).toEqual([])
    expect(server.list()).toMatchObject([{ mainBytes: 640 * KIB }])
    await pass(8_000)
    expect(client.credit()).toEqual([])
    await pass(2_000)
    expect(client.credit()).toMatchObject([{ credit: expect.any(Number) }])
    expect([client.over, clock.now() < 11_000]).toEqual([undefined, true])
  })

  test("by number of packets likewise", async () => {
    const { pass, join } = start({ packets: { perSecond: 2, burst: 5 } })
    const client = await join("alice")
    await client.tell((w) => w.start({}, startOf(1)))
    await send(client, 0, 20)
    expect(client.credit()).toEqual([])
    await pass(9_000)
    expect(client.credit()).toHaveLength(1)
  })

  test("within the rate credit comes as ever", async () => {
    const { join } = start({ bytes: { perSecond: 10_000 * KIB } })
    const client = await join("alice")
    await client.tell((w) => w.start({}, startOf(1)))
    await send(client, 0, 20)
    expect(client.credit()).toHaveLength(1)
  })

  test("what needs no credit is bounded too: the client is sent away, and not welcomed until it owes less", async () => {
    const { events, pass, join } = start({ packets: { perSecond: 1_000, burst: 10 } })
    const client = await join("alice")
    for (let i = 0; i < 50 && client.over === undefined; i++) {
      await client.tell((w) => {
        for (let n = 0; n < 1_000; n++) w.control(0, 0, { pong: n })
      })
    }
    await pass(1)
    expect(client.errors()).toMatchObject([{ code: "rate_limited", details: { retryAfterMs: expect.any(Number) } }])
    expect(client.over?.code).toBe(1000)
    expect((await join("alice")).errors()).toMatchObject([{ code: "rate_limited" }])
    expect(events.filter(({ type }) => type === "client-refused")).toHaveLength(2)
    await pass(1_000)
    expect((await join("alice")).errors()).toEqual([])
  })

  test("more than there was credit for, while none is given, is rate_limited and no fault", async () => {
    const { join } = start({ bytes: { perSecond: 64 * KIB, burst: 64 * KIB } })
    const client = await join("alice")
    await client.tell((w) => w.start({}, startOf(1)))
    for (let n = 0; n * 32 * KIB < 2 * WINDOW_BYTES && client.over === undefined; n++) await send(client, n, 1)
    expect(client.errors().at(-1)).toMatchObject({ code: "rate_limited" })
    expect(client.over?.code).toBe(1000)
  })

  test("a connection that ends leaves no timer of theirs", async () => {
    const { clock, server, join, pass } = start({ bytes: { perSecond: 1, burst: 1 } })
    const client = await join("alice")
    await client.tell((w) => w.control(0, 0, { ping: 1 }))
    client.connection.terminate()
    await pass()
    const closed = server.close({ drainMs: 0 })
    await pass(1)
    await closed
    expect(clock.pendingTimers).toBe(0)
  })
})

test("who is refused for what it owes leaves no timer, though its token would expire", async () => {
  const { clock, server, join, pass } = start({ packets: { perSecond: 1, burst: 1 } }, 60_000)
  const client = await join("alice")
  for (let i = 0; i < 60 && client.over === undefined; i++) {
    await client.tell((w) => {
      for (let n = 0; n < 1_000; n++) w.control(0, 0, { pong: n })
    })
  }
  expect((await join("alice")).errors()).toMatchObject([{ code: "rate_limited" }])
  const closed = server.close({ drainMs: 0 })
  await pass(1)
  await closed
  expect(clock.pendingTimers).toBe(0)
})

test("limits are forgotten with their client", async () => {
  const clock = new ManualClock()
  const table = new LimitsTable(clock, { opens: { perSecond: 1 } })
  expect(table.of("alice")).toBe(table.of("alice"))
  table.forget("alice")
  expect(table.size).toBe(0)
  expect(new LimitsTable(clock, undefined).of("alice")).toBeUndefined()
})

test.each([{ perSecond: 0 }, { perSecond: Number.NaN }, { perSecond: 1, burst: 0 }])("%j is no rate", (rate) => {
  expect(() => createServer({ rateLimits: { opens: rate } })).toThrow(
    expect.objectContaining({ code: "invalid_argument", details: { name: "rateLimits.opens" } }),
  )
})
