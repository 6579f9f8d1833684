import { ManualClock, SeededRandom } from "@luxbus/clock/testing"
import { fromPeer, StreamReader, type StreamWriter } from "@luxbus/dual-stream"
import { BusError, Lane } from "@luxbus/packet"
import { describe, expect, test } from "vitest"
import { ClientSession, ClientStreams } from "../src/index.ts"
import { connected, words } from "./connected.ts"
import { bytes, relayedFrom, TestBroker } from "./test-broker.ts"
import { ReaderLog, run } from "./test-client.ts"
import { testHash } from "./test-hash.ts"

describe("a stream that this client writes", () => {
  for (const hosted of [false, true]) {
    test(`${hosted ? "hosted" : "to a peer"} goes on over cut connections, without loss or repetition`, async () => {
      for (let seed = 1; seed <= 8; seed++) {
        const random = new SeededRandom(seed)
        const { clock, broker, client, session } = await connected({ latencyMs: 5 })
        const { writer, log } = client.open("job", { hosted })
        const all = words(400)
        for (const word of all) {
          writer.write(Lane.main, bytes(word), 0)
          if (random.float() < 0.1) await run(clock, random.integer(1, 60))
          if (random.float() < 0.04) {
            broker.side.pair.cut({ keepToNear: random.integer(0, 2), keepToFar: random.integer(0, 2) })
          }
        }
        writer.finish({ status: "done" })
        await run(clock, 20_000)
        expect([seed, broker.texts.get("job")]).toEqual([seed, all.join("")])
        expect(broker.readers.get("job")?.outcome).toMatchObject({ status: "done", main: all.length + 1 })
        expect(log.at(-1)).toBe("complete")
        expect(broker.sides.length).toBeGreaterThan(2)
        expect(session.activeCount).toBe(0)
      }
    })
  }

  test("shows that it is suspended, and resumed, to its owner", async () => {
    const { clock, broker, client } = await connected()
    const { writer, log } = client.open("job")
    await run(clock, 10)
    broker.side.pair.cut()
    await run(clock, 1)
    expect([writer.suspended, log]).toEqual([true, ["open", "suspended"]])
    await run(clock, 1_000)
    expect([writer.suspended, log]).toEqual([false, ["open", "suspended", "resumed"]])
  })

  test("that is opened while the connection is away starts with the next one", async () => {
    const { clock, broker, client } = await connected()
    broker.side.pair.cut()
    await run(clock, 0)
    const { writer } = client.open("job")
    writer.write(Lane.main, bytes("early"), 0)
    await run(clock, 1_000)
    expect(broker.texts.get("job")).toBe("early")
  })

  test("is announced again to a peer that came back on another connection", async () => {
    const { clock, broker, client } = await connected()
    client.open("job")
    client.open("other")
    await run(clock, 10)
    const before = broker.side.starts.length
    broker.mux.control(0, 0, { resumeStream: { name: "job", to: "bob", epoch: 1, main: 0, error: 0 } })
    broker.mux.control(0, 0, { resumeStream: { name: "job", to: "carol" } })
    broker.mux.control(0, 0, { resumeStream: {} })
    await run(clock, 10)
    expect(broker.side.starts.slice(before).map(({ fields }) => fields.name)).toEqual(["job"])
  })

  test("that was taken off the session is not announced on the next connection", async () => {
    const { clock, broker, client, session } = await connected()
    const { writer } = client.open("job")
    await run(clock, 10)
    client.streams.removeWriter(writer)
    broker.side.pair.cut()
    await run(clock, 1_000)
    expect([broker.side.starts, session.activeCount]).toEqual([[], 0])
    writer.abandon(new BusError("closed", "done with it"))
  })

  test("whose START does not fit into a frame fails alone, at once or at the next connection", async () => {
    const { clock, broker, client, session } = await connected()
    const headers = { note: "x".repeat(5_000) }
    expect(() => client.open("large", { headers })).toThrow(expect.objectContaining({ code: "too_large" }))
    broker.side.pair.cut()
    await run(clock, 0)
    const large = client.open("larger", { headers })
    const small = client.open("small")
    await run(clock, 2_000)
    expect([large.log, small.log]).toEqual([["failed too_large"], ["open"]])
    expect([session.activeCount, broker.sides.length]).toEqual([1, 2])
  })

  test("that the broker resets fails, and others go on", async () => {
    const { clock, broker, client } = await connected()
    const [first, second] = [client.open("first"), client.open("second")]
    await run(clock, 10)
    const alias = broker.side.starts[0]?.alias ?? 0
    broker.mux.reset((alias | 0x8000_0000) >>> 0, new BusError("fenced", "another writer"))
    second.writer.write(Lane.main, bytes("on"), 0)
    await run(clock, 100)
    expect([first.log, second.log, broker.texts.get("second")]).toEqual([["open", "failed fenced"], ["open"], "on"])
  })
})

describe("a stream that a peer writes to this client", () => {
  const attachPeer = (broker: TestBroker, writer: StreamWriter) => writer.attach(relayedFrom("bob", broker.mux))

  test("goes on over cut connections, without loss or repetition", async () => {
    for (let seed = 1; seed <= 8; seed++) {
      const random = new SeededRandom(seed)
      const { clock, broker, client, session } = await connected({ latencyMs: 5 })
      const log: string[] = []
      const writer = broker.peerWriter("job", {}, { complete: () => log.push("complete") })
      attachPeer(broker, writer)
      let sides = broker.sides.length
      const all = words(300)
      const live = async (ms: number): Promise<void> => {
        for (let i = 0; i < ms; i += 10) {
          await run(clock, 10)
          if (broker.sides.length === sides || broker.side.hellos.length === 0) continue
          sides = broker.sides.length
          attachPeer(broker, writer)
        }
      }
      for (const word of all) {
        writer.write(Lane.main, bytes(word), 0)
        if (random.float() < 0.1) await live(random.integer(10, 60))
        if (random.float() < 0.03) broker.side.pair.cut({ keepToNear: random.integer(0, 2) })
      }
      writer.finish({ status: "done" })
      await live(15_000)
      const read = client.accepted[0]
      expect([seed, client.accepted.length, read?.text]).toEqual([seed, 1, all.join("")])
      expect(read?.log.slice(-2)).toEqual(["completed", "outcome done"])
      expect(log).toEqual(["complete"])
      expect(broker.sides.length).toBeGreaterThan(1)
      client.streams.peerReaders.remove("bob", "job", read!.reader!)
      expect([session.activeCount, broker.sides.length > 1]).toEqual([0, true])
    }
  })

  test("is stated with its position on a new connection, once its peer has begun it", async () => {
    const { clock, broker, client } = await connected()
    const writer = broker.peerWriter("job", { epoch: 4 })
    attachPeer(broker, writer)
    for (const word of words(3)) writer.write(Lane.main, bytes(word), 0)
    await run(clock, 50)
    client.streams.peerReaders.expect("carol", "never", client.accepted[0]!.reader!)
    broker.side.pair.cut()
    await run(clock, 1_000)
    expect(broker.side.positions).toEqual([{ name: "job", from: "bob", epoch: 4, main: 3, error: 0 }])
  })

  test("that nobody accepts waits, and is tried again when somebody does", async () => {
    const { clock, broker, client, session } = await connected()
    client.accepting = false
    const notices: string[] = []
    const writer = broker.peerWriter("job", {}, { notice: ({ type }) => notices.push(type) })
    attachPeer(broker, writer)
    writer.write(Lane.main, bytes("early"), 0)
    await run(clock, 1_000)
    expect([notices, client.streams.heldCount, session.activeCount]).toEqual([["waiting"], 1, 0])
    client.accepting = true
    client.streams.retryHeld()
    await run(clock, 10)
    expect([notices, client.streams.heldCount]).toEqual([["waiting", "open"], 0])
    expect(client.accepted[0]?.text).toBe("early")
  })

  test("to a client that has no part for them waits, until it is added", async () => {
    const clock = new ManualClock()
    const broker = new TestBroker(clock)
    const events = { status: () => {}, peerStarted: () => void told.push("peerStarted") }
    const told: string[] = []
    const components = { clock, random: new SeededRandom(1), createHash: testHash, dial: broker.place.dial, events }
    const session = new ClientSession(components, { id: "alice" })
    session.start()
    await run(clock, 100)
    const open = (name: string, seq: number) =>
      attachPeer(broker, broker.peerWriter(name, { seq }, { notice: ({ type }) => told.push(`${name} ${type}`) }))
    open("job", 1)
    open("unwanted", 2)
    await run(clock, 1_000)
    expect(told.slice(0, 4)).toEqual(["peerStarted", "peerStarted", "job waiting", "unwanted waiting"])
    told.length = 0
    const reader = () =>
      new StreamReader({ clock, createHash: testHash, events: new ReaderLog().events }, { source: fromPeer })
    const streams = new ClientStreams(session, ({ name }) => (name === "job" ? reader() : undefined))
    await run(clock, 10)
    expect(told.toSorted()).toEqual(["job open", "unwanted waiting"])
    expect([streams.heldCount, streams.peerReaders.size]).toEqual([1, 1])
  })

  test("that resumes what nobody here has begun is peer_lost: its reader was another process", async () => {
    const { clock, broker, client } = await connected()
    const failures: string[] = []
    const writer = broker.peerWriter("job", { isAnswer: true }, { failed: ({ code }) => failures.push(code) })
    attachPeer(broker, writer)
    await run(clock, 10)
    expect([failures, client.incoming, client.streams.heldCount]).toEqual([["peer_lost"], [], 0])
  })

  test("that nobody accepted leaves nothing here when its writer gives up, or the connection goes", async () => {
    const { clock, broker, client } = await connected()
    client.accepting = false
    const writers = ["a", "b", "c"].map((name, i) => broker.peerWriter(name, { seq: i + 1 }))
    for (const writer of writers) attachPeer(broker, writer)
    await run(clock, 10)
    expect(client.streams.heldCount).toBe(3)
    writers[0]?.abandon(new BusError("closed", "no longer"))
    await run(clock, 10)
    expect(client.streams.heldCount).toBe(2)
    broker.side.pair.cut()
    await run(clock, 0)
    expect(client.streams.heldCount).toBe(0)
  })

  test("finds its reader again after it has finished: the writer hears complete", async () => {
    const { clock, broker, client } = await connected()
    const told: string[] = []
    const writer = broker.peerWriter("job", {}, { complete: () => told.push("complete") })
    attachPeer(broker, writer)
    writer.write(Lane.main, bytes("all of it"), 0)
    await run(clock, 30)
    // The last word is said, and its answer lost with the connection.
    writer.finish({ status: "done" })
    broker.mux.flush()
    await run(clock, 0)
    const read = client.accepted[0]
    expect(read?.log).toContain("completed")
    client.streams.peerReaders.remove("bob", "job", read!.reader!)
    const again = broker.peerWriter("job", {}, { complete: () => told.push("complete again") })
    again.write(Lane.main, bytes("all of it"), 0)
    again.finish({ status: "done" })
    broker.side.pair.cut()
    await run(clock, 1_000)
    attachPeer(broker, again)
    await run(clock, 1_000)
    expect(told.at(-1)).toBe("complete again")
    expect([client.accepted.length, read?.text, client.incoming.length]).toEqual([1, "all of it", 1])
  })

  test("that its peer begins anew takes the place of the one before", async () => {
    const { clock, broker, client, session } = await connected()
    const [first, second] = [broker.peerWriter("job", { seq: 1 }), broker.peerWriter("job", { seq: 2, epoch: 2 })]
    attachPeer(broker, first)
    await run(clock, 10)
    attachPeer(broker, second)
    second.write(Lane.main, bytes("anew"), 0)
    await run(clock, 50)
    expect(client.accepted.map(({ log, text }) => [log.at(-1), text])).toEqual([
      ["failed peer_lost", ""],
      [undefined, "anew"],
    ])
    expect([first.error?.code, session.activeCount]).toEqual(["peer_lost", 1])
  })

  test("of a lower epoch is fenced", async () => {
    const { clock, broker, client } = await connected()
    const [newer, older] = [
      broker.peerWriter("job", { seq: 1, epoch: 9 }),
      broker.peerWriter("job", { seq: 2, epoch: 8 }),
    ]
    attachPeer(broker, newer)
    await run(clock, 10)
    attachPeer(broker, older)
    await run(clock, 50)
    expect(older.error).toMatchObject({ code: "fenced", details: { current: 9 } })
    expect([newer.state, client.accepted.length]).toEqual(["open", 1])
  })

  test("without what names it is refused alone", async () => {
    const { clock, broker, client } = await connected()
    const writer = broker.peerWriter("job")
    // Not through a relay: nobody says who writes.
    writer.attach(broker.mux)
    await run(clock, 50)
    expect([writer.error?.code, client.states]).toEqual(["protocol", ["connected"]])
  })
})
