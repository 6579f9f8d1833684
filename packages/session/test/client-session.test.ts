import { ManualClock } from "@luxbus/clock/testing"
import { BusError, type ErrorCode, type JsonObject } from "@luxbus/packet"
import type { Dial } from "@luxbus/transport"
import { describe, expect, test } from "vitest"
import { sessionIdOf } from "../src/index.ts"
import { lastError, setUp } from "./client-and-broker.ts"
import { TestBroker, unreachable } from "./test-broker.ts"
import { run, TestClient } from "./test-client.ts"
import { testHash } from "./test-hash.ts"

describe("connecting", () => {
  test("says HELLO with the session's secret and is connected with WELCOME", async () => {
    const { clock, broker, client, session } = setUp({ id: "alice", getToken: () => "token" })
    expect(session.status).toEqual({ state: "connecting", attempts: 0 })
    session.start()
    await run(clock)
    const hello = broker.side.hellos[0]
    expect(hello).toMatchObject({ versions: [1], features: [], id: "alice", token: "token" })
    expect(broker.side.sessionIds).toEqual([sessionIdOf(hello?.secret ?? "", testHash)])
    expect(client.seqs.next().subarray(0, 32)).toEqual(broker.side.sessionIds[0])
    expect(session.status).toEqual({ state: "connected", attempts: 0 })
    expect(client.states).toEqual(["connected"])
  })

  test("takes the id that the broker gives, and keeps it on later connections", async () => {
    const { clock, broker, session } = setUp({})
    expect(session.id).toBe(undefined)
    session.start()
    await run(clock)
    expect(session.id).toBe("given")
    broker.side.pair.cut()
    await run(clock, 1_000)
    expect(broker.sides.map(({ hellos }) => hellos[0]?.id)).toEqual([undefined, "given"])
  })

  test("fails at once where nobody is there, unless it was told to try again", async () => {
    const impatient = setUp({ id: "alice", dial: async () => unreachable() })
    impatient.session.start()
    await run(impatient.clock)
    expect(impatient.client.states).toEqual(["closed"])
    expect(lastError(impatient.client)?.code).toBe("connection_lost")
    expect(() => impatient.client.open("job")).toThrow(expect.objectContaining({ code: "connection_lost" }))

    let failures = 3
    const patient = setUp({ id: "alice", retryInitial: true })
    const client = new TestClient(
      patient.clock,
      async (options) => (failures-- > 0 ? unreachable() : patient.broker.place.dial(options)),
      { id: "alice", retryInitial: true },
    )
    client.session.start()
    await run(patient.clock, 5_000)
    expect(client.states).toEqual(["connecting", "connecting", "connecting", "connected"])
    expect(client.statuses.map(({ attempts }) => attempts)).toEqual([1, 2, 3, 0])
  })

  const thrown: [string, () => never, ErrorCode][] = [
    ["is a BusError", () => raise(new BusError("forbidden", "no")), "forbidden"],
    ["is something else", () => raise(new Error("socket hang up")), "connection_lost"],
    ["is not even an error", () => raise("text"), "connection_lost"],
  ]
  test.each(thrown)("what getToken throws %s: it ends the first attempt", async (_name, getToken, code) => {
    for (const variant of [getToken, async () => getToken()]) {
      const { clock, client, session } = setUp({ id: "alice", getToken: variant })
      session.start()
      await run(clock)
      expect(client.states).toEqual(["closed"])
      expect(lastError(client)?.code).toBe(code)
    }
  })

  test("waits 5 s for WELCOME, then tries again", async () => {
    const { clock, broker, client, session } = setUp({ id: "alice", retryInitial: true })
    broker.onHello = () => {}
    session.start()
    await run(clock, 4_990)
    expect(broker.sides.length).toBe(1)
    broker.onHello = undefined
    await run(clock, 300)
    expect(broker.sides.length).toBe(2)
    expect(client.states).toEqual(["connecting", "connected"])
    expect(client.statuses[0]?.error?.code).toBe("connection_lost")
  })

  test("takes the broker's heartbeat over", async () => {
    const heartbeat = { intervalMs: 400, timeoutMs: 100 }
    const { clock, broker, client, session } = setUp({ id: "alice", broker: { heartbeat } })
    session.start()
    await run(clock, 10_000)
    expect(client.states).toEqual(["connected"])
    broker.side.pair.stall()
    await run(clock, 900)
    expect(client.states.slice(0, 2)).toEqual(["connected", "suspended"])
  })

  const malformed: JsonObject[] = [{}, { version: 1, id: "alice" }, { version: 7, id: "alice", incarnation: "" }]
  test.each(malformed)("a malformed WELCOME is a protocol error: %j", async (welcome) => {
    const { clock, broker, client, session } = setUp({ id: "alice" })
    broker.onHello = (side) => side.session.mux.control(0, 0, { welcome })
    session.start()
    await run(clock)
    expect(lastError(client)).toMatchObject({
      code: "protocol",
      details: { field: expect.stringContaining("welcome.") },
    })
  })

  test("a second WELCOME on a connection is a protocol error", async () => {
    const { clock, broker, client, session } = setUp()
    session.start()
    await run(clock)
    const welcome = { version: 1, id: "alice", incarnation: "" }
    broker.mux.control(0, 0, { welcome })
    await run(clock)
    expect(client.statuses[1]).toMatchObject({ state: "suspended", error: { code: "protocol" } })
  })
})

describe("a refusal", () => {
  const final: ErrorCode[] = [
    "unauthenticated",
    "forbidden",
    "id_taken",
    "replaced",
    "closed",
    "unsupported",
    "invalid_argument",
  ]
  test.each(final)("of %s arrives with its code and ends the session", async (code) => {
    const { clock, broker, client, session } = setUp({ id: "alice", retryInitial: true })
    broker.onHello = (side) => side.session.refuse(new BusError(code, "for a reason", { details: { n: 1 } }))
    session.start()
    await run(clock, 60_000)
    expect(client.states).toEqual(["closed"])
    expect(lastError(client)).toMatchObject({ code, message: "for a reason", details: { n: 1 } })
    expect([broker.sides.length, clock.pendingTimers, session.activeCount]).toEqual([1, 0, 0])
  })

  test("for a passing reason is tried again", async () => {
    const { clock, broker, client, session } = setUp({ id: "alice", retryInitial: true })
    broker.onHello = (side) => {
      if (broker.sides.length < 4) side.session.refuse(new BusError("rate_limited", "too many"))
      else side.session.welcome("alice")
    }
    session.start()
    await run(clock, 10_000)
    expect(client.statuses.map(({ state, error }) => [state, error?.code])).toEqual([
      ...Array.from({ length: 3 }, () => ["connecting", "rate_limited"]),
      ["connected", undefined],
    ])
  })

  test("of an expired token asks for a new one, where there is one to be had", async () => {
    let asked = 0
    const { clock, broker, client, session } = setUp({ id: "alice", getToken: async () => `token ${++asked}` })
    session.start()
    await run(clock)
    broker.onHello = (side, hello) => {
      if (hello.token === "token 4") side.session.welcome("alice")
      else side.session.refuse(new BusError("unauthenticated", "expired"))
    }
    broker.side.pair.cut()
    await run(clock, 10_000)
    expect(client.states).toEqual(["connected", "suspended", "suspended", "suspended", "connected"])
    expect(broker.sides.map(({ hellos }) => hellos[0]?.token)).toEqual(["token 1", "token 2", "token 3", "token 4"])
  })

  test("of the one token that there is ends the session: another attempt would show it again", async () => {
    const { clock, broker, client, session } = setUp({ id: "alice", token: "the only one" })
    session.start()
    await run(clock)
    expect(broker.side.hellos[0]?.token).toBe("the only one")
    broker.onHello = (side) => side.session.refuse(new BusError("unauthenticated", "revoked"))
    broker.side.pair.cut()
    await run(clock, 10_000)
    expect(client.states).toEqual(["connected", "suspended", "closed"])
    expect([lastError(client)?.code, broker.sides.length, clock.pendingTimers]).toEqual(["unauthenticated", 2, 0])
  })

  test("while connected, as replaced, ends the session and what is on it", async () => {
    const { clock, broker, client, session } = setUp()
    session.start()
    await run(clock)
    const { log } = client.open("job")
    broker.side.session.refuse(new BusError("replaced", "another tab"))
    await run(clock, 60_000)
    expect(client.states).toEqual(["connected", "closed"])
    expect(log.at(-1)).toBe("failed replaced")
    expect([broker.sides.length, clock.pendingTimers]).toEqual([1, 0])
  })
})

describe("close", () => {
  test("sends what is queued, fails what is under way and leaves nothing behind", async () => {
    const { clock, broker, client, session } = setUp()
    session.start()
    await run(clock)
    const { writer, log } = client.open("job")
    const failures: string[] = []
    session.command(
      "list",
      {},
      () => {},
      (error) => failures.push(error.code),
    )
    const attached = client.attach({ name: "hosted" })
    client.publisher.publish("news", new Uint8Array(3), 0)
    await run(clock, 10)
    writer.write(1, new Uint8Array(5), 0)
    client.publisher.publish("news", new Uint8Array(3), 0)
    session.close()
    session.close()
    await run(clock, 10)
    expect(broker.published[0]?.end.got.length).toBe(2)
    expect(log.at(-1)).toBe("failed closed")
    expect([failures, attached.refusals.map(({ code }) => code)]).toEqual([["closed"], ["closed"]])
    expect(client.states).toEqual(["connected", "closed"])
    expect(session.status).toEqual({ state: "closed", attempts: 0 })
    expect(broker.side.closes).toMatchObject([{ code: 1000, reason: "closed" }])
    expect([session.activeCount, broker.mux.boundCount, client.publisher.queuedCost]).toEqual([0, 0, 0])
    for (const reader of broker.readers.values()) reader.close()
    expect(clock.pendingTimers).toBe(0)
  })

  test("in the middle of an attempt takes it back, wherever it is", async () => {
    for (const when of ["before", "token", "dial", "hello", "pause"] as const) {
      const clock = new ManualClock()
      const broker = new TestBroker(clock, { latencyMs: 50 })
      broker.onHello = () => {}
      let giveToken: (token: string) => void = () => {}
      let dials = 0
      const dial: Dial = (options) => {
        dials++
        return broker.place.dial(options)
      }
      const client = new TestClient(
        clock,
        when === "pause" ? async () => unreachable() : dial,
        when === "token"
          ? { retryInitial: true, getToken: () => new Promise((resolve) => (giveToken = resolve)) }
          : { retryInitial: true },
      )
      if (when !== "before") client.session.start()
      await run(clock, when === "hello" ? 200 : 0)
      client.session.close()
      giveToken("late")
      await run(clock, 10_000)
      expect([when, client.states.at(-1), clock.pendingTimers]).toEqual([when, "closed", 0])
      expect([dials, broker.sides.length]).toEqual([
        when === "hello" || when === "dial" ? 1 : 0,
        when === "hello" ? 1 : 0,
      ])
    }
  })

  test("a connection that comes too late is closed", async () => {
    const clock = new ManualClock()
    const broker = new TestBroker(clock)
    let open: () => void = () => {}
    const dial: Dial = async () => {
      await new Promise<void>((resolve) => {
        open = resolve
      })
      const dialled = broker.place.dial()
      await run(clock)
      return dialled
    }
    const client = new TestClient(clock, dial)
    client.session.start()
    await run(clock)
    client.session.close()
    open()
    await run(clock, 10)
    expect(broker.side.closes.length).toBe(1)
    expect(broker.side.hellos).toEqual([])
    expect(clock.pendingTimers).toBe(0)
  })

  test("afterwards every call fails with closed", async () => {
    const { clock, client, session } = setUp()
    session.start()
    await run(clock)
    session.close()
    const closed = expect.objectContaining({ code: "closed" })
    expect(() => client.open("job")).toThrow(closed)
    expect(() => client.attach({ name: "job" })).toThrow(closed)
    expect(() =>
      session.command(
        "list",
        {},
        () => {},
        () => {},
      ),
    ).toThrow(closed)
  })
})

function raise(error: unknown): never {
  throw error
}
