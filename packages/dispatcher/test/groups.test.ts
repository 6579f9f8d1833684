import { ChunkFlag, Lane, WRITER_LIMITS } from "@luxbus/packet"
import fc from "fast-check"
import { expect, test } from "vitest"
import { MemoryBackplane } from "../src/index.ts"
import { codeOf, TestBus, type TestClient } from "./test-bus.ts"
import type { TestReader } from "./test-reader.ts"
import { encode } from "./text.ts"

const WINDOW_MS = 120_000

/** Acknowledges all that a member has taken. */
function acknowledgeAll({ reader }: TestReader): void {
  reader?.acknowledge(reader.lane(Lane.main).position)
}

function attempts({ items }: TestReader): (number | undefined)[] {
  return items.flatMap((item) => (item.type === "chunk" ? [item.attempt] : []))
}

function group(members: number, extra = {}) {
  const bus = new TestBus()
  const publisher = bus.client("p")
  const clients = Array.from({ length: members }, (_, i) => bus.client(`m${i}`))
  const readers = clients.map((client) => client.join("work", "workers", extra))
  bus.pass()
  return {
    bus,
    publisher,
    clients: clients as [TestClient, TestClient, TestClient],
    readers: readers as [TestReader, TestReader, TestReader],
  }
}

test("gives each message to one member, in turn, with its publisher", () => {
  const { bus, publisher, readers } = group(3)
  const all = bus.client("all").subscribe("work")
  bus.pass()
  publisher.publish("work", "1", "2", "3", "4", "5")
  bus.pass()
  expect(readers.map((reader) => reader.texts())).toEqual([["1", "4"], ["2", "5"], ["3"]])
  expect(readers[0].items[0]).toMatchObject({ origin: "p", attempt: undefined })
  expect(all.texts()).toEqual(["1", "2", "3", "4", "5"])
  expect(readers[0].starts[0]?.fields).toMatchObject({ kind: 4, name: "work", acks: true })
})

test("gives a member no more than it has room for: the rest goes to others, or waits", () => {
  const { bus, publisher, readers } = group(2, { prefetch: 2 })
  const [slow, fast] = readers
  publisher.publish("work", "1", "2", "3", "4", "5", "6", "7")
  bus.pass()
  expect([slow.texts(), fast.texts()]).toEqual([
    ["1", "3"],
    ["2", "4"],
  ])
  acknowledgeAll(fast)
  bus.pass()
  acknowledgeAll(fast)
  bus.pass()
  expect([slow.texts(), fast.texts()]).toEqual([
    ["1", "3"],
    ["2", "4", "5", "6", "7"],
  ])
})

test("a member whose connection is lost keeps what it was given, and gets the rest when it is back", () => {
  const { bus, publisher, clients, readers } = group(2)
  const [one, two] = readers
  publisher.publish("work", "1", "2", "3")
  bus.pass()
  clients[0].cut()
  publisher.publish("work", "4", "5")
  bus.pass(WINDOW_MS - 1_000)
  expect([one.texts(), two.texts()]).toEqual([
    ["1", "3"],
    ["2", "4", "5"],
  ])
  clients[0].reconnect()
  publisher.publish("work", "6", "7")
  bus.pass()
  expect([one.texts(), two.texts()]).toEqual([
    ["1", "3", "7"],
    ["2", "4", "5", "6"],
  ])
  expect(attempts(one)).toEqual([undefined, undefined, undefined])
})

test("what was lost on the way to a member is sent again on its next connection, once", () => {
  const { bus, publisher, clients, readers } = group(1)
  publisher.publish("work", "1")
  bus.pass()
  // The broker has sent it, and it never arrives.
  publisher.publish("work", "2", "3")
  bus.settle()
  clients[0].cut()
  clients[0].reconnect()
  bus.pass()
  expect(readers[0].texts()).toEqual(["1", "2", "3"])
})

test("what a member has not acknowledged goes to another once its session is over, in order and marked", () => {
  const { bus, publisher, clients, readers } = group(2, { prefetch: 8 })
  const [one, two] = readers
  publisher.publish("work", "1", "2", "3", "4", "5")
  bus.pass()
  one.reader?.acknowledge(1)
  bus.pass()
  clients[0].cut()
  bus.pass(WINDOW_MS - 1)
  expect(two.texts()).toEqual(["2", "4"])
  bus.pass(2)
  expect(two.texts()).toEqual(["2", "4", "3", "5"])
  expect(attempts(two)).toEqual([undefined, undefined, 2, 2])
})

test("what a member was never sent goes to another without a mark", () => {
  const { bus, publisher, clients, readers } = group(2)
  const [, two] = readers
  clients[0].broker.full = true
  publisher.publish("work", "1", "2", "3")
  bus.pass()
  expect(two.texts()).toEqual(["2"])
  clients[0].cut()
  bus.pass(WINDOW_MS)
  expect(two.texts()).toEqual(["2", "1", "3"])
  expect(attempts(two)).toEqual([undefined, undefined, undefined])
})

test("a member that closes gives back at once what it has not acknowledged", () => {
  const { bus, publisher, readers } = group(2)
  const [one, two] = readers
  publisher.publish("work", "1", "2", "3")
  bus.pass()
  one.reader?.acknowledge(1)
  bus.pass()
  one.reader?.close()
  bus.pass()
  expect(two.texts()).toEqual(["2", "3"])
  expect(attempts(two)).toEqual([undefined, 2])
})

test("a member that says that it has left gives back what it had, also on another connection, and again without harm", () => {
  const { bus, publisher, clients, readers } = group(2)
  publisher.publish("work", "1", "2", "3")
  bus.pass()
  clients[0].cut()
  clients[0].reconnect()
  const leave = { subject: "work", group: "workers", member: 0 }
  for (let i = 0; i < 2; i++) expect(clients[0].command("leave", leave)).toEqual({ subject: "work" })
  bus.pass()
  expect(readers[1].texts()).toEqual(["2", "1", "3"])
  expect(() => clients[0].command("leave", { subject: "work", group: "workers" })).toThrow("member")
  expect(bus.dispatcher.usage.groupMembers).toBe(1)
})

test("a subscription that is malformed makes no topic", () => {
  const bus = new TestBus()
  const client = bus.client("c")
  expect(() => client.command("subscribe", { subject: "work", group: "g" })).toThrow("member")
  expect(() => client.command("subscribe", { subject: "work", group: "g", member: 0, prefetch: 0 })).toThrow("prefetch")
  expect(bus.dispatcher.usage.topics).toBe(0)
})

test("another session of the same client takes the place of the one before: its messages are free", () => {
  const { bus, publisher, clients, readers } = group(2)
  publisher.publish("work", "1", "2")
  bus.pass()
  clients[0].cut()
  const again = bus.client("m0", 7).join("work", "workers")
  bus.pass()
  expect(readers[1].texts()).toEqual(["2", "1"])
  publisher.publish("work", "3", "4")
  bus.pass()
  expect(again.texts()).toEqual(["4"])
})

test("groups of one subject, and a client's several members, do not know of each other", () => {
  const bus = new TestBus()
  const client = bus.client("c")
  const [a, b, other] = [client.join("work", "g"), client.join("work", "g"), client.join("work", "h")]
  bus.pass()
  bus.client("p").publish("work", "1", "2")
  bus.pass()
  expect([a.texts(), b.texts(), other.texts()]).toEqual([["1"], ["2"], ["1", "2"]])
})

test("begins where its first member says, and later ones join it where it is", () => {
  const bus = new TestBus()
  const p = bus.client("p")
  p.publish("work", "1", "2")
  bus.pass()
  const first = bus.client("a").join("work", "g", {}, "start")
  bus.pass()
  const second = bus.client("b").join("work", "g", {}, "start")
  bus.pass()
  expect([first.texts(), second.texts()]).toEqual([["1", "2"], []])
})

test("keeps a message of several chunks whole, over several pulls", () => {
  const { bus, publisher, readers } = group(2)
  const part = new Uint8Array(WRITER_LIMITS.chunkBytes).fill(1)
  for (let i = 0; i < 4; i++) {
    publisher.publishBytes(
      "work",
      { data: part, flags: ChunkFlag.more },
      { data: part, flags: ChunkFlag.more },
      { data: part },
    )
  }
  bus.pass()
  for (const reader of readers) {
    expect(reader.items.map((item) => (item.type === "chunk" ? item.flags & ChunkFlag.more : -1))).toEqual([
      4, 4, 0, 4, 4, 0,
    ])
    expect(reader.bytes().length).toBe(6 * part.length)
  }
})

test("gives out a message that came in two batches, and what is behind it", () => {
  const { bus, publisher, readers } = group(1, { prefetch: 1 })
  const part = new Uint8Array(WRITER_LIMITS.chunkBytes).fill(1)
  publisher.publishBytes("work", { data: encode("1") })
  publisher.publishBytes("work", { data: part, flags: ChunkFlag.more }, { data: part })
  publisher.publishBytes("work", { data: encode("2") })
  bus.pass()
  for (const count of [1, 3, 4]) {
    expect(readers[0].items.length).toBe(count)
    acknowledgeAll(readers[0])
    bus.pass()
  }
})

test("who was forgotten goes on under its own numbers", () => {
  const { bus, publisher, clients, readers } = group(2)
  publisher.publish("work", "1", "2", "3", "4")
  bus.pass()
  for (const reader of readers) acknowledgeAll(reader)
  bus.pass()
  clients[0].cut()
  bus.pass(2 * WINDOW_MS)
  clients[0].reconnect()
  bus.pass()
  publisher.publish("work", "5", "6")
  bus.pass()
  expect([readers[0].texts(), readers[1].texts()]).toEqual([
    ["1", "3", "6"],
    ["2", "4", "5"],
  ])
})

test("tells a member that the topic has begun anew at a restarted broker", () => {
  const { bus, publisher, clients, readers } = group(1)
  publisher.publish("work", "1", "2")
  bus.pass()
  clients[0].cut()
  bus.dispatcher.close()
  bus.pass(2_000)
  const next = new TestBus({}, { clock: bus.clock, seed: 2, backplane: new MemoryBackplane(bus.clock).join() })
  clients[0].reconnect(next)
  next.pass()
  next.client("p").publish("work", "3")
  next.pass()
  expect(readers[0].texts()).toEqual(["1", "2", "[ epoch]", "3"])
})

test("gives a member no more than about a window at once, however few its messages are", () => {
  const { bus, publisher, readers } = group(1, { prefetch: 100 })
  const part = new Uint8Array(WRITER_LIMITS.chunkBytes)
  for (let i = 0; i < 30; i++) publisher.publishBytes("work", { data: part })
  bus.pass()
  expect(readers[0].items.length).toBe(16)
  acknowledgeAll(readers[0])
  bus.pass()
  // The ring has kept the rest: its own bound is 1 MiB, too.
  expect(readers[0].items.length).toBeGreaterThan(16)
})

test("tells one member of what the ring let go of before anybody had room for it", () => {
  const bus = new TestBus({ topicRingBytes: 4_096 })
  const p = bus.client("p")
  const member = bus.client("m").join("work", "g", { prefetch: 1 })
  bus.pass()
  for (let i = 0; i < 20; i++) {
    p.publishBytes("work", { data: new Uint8Array(1_000).fill(65 + i) })
    bus.pass(1)
  }
  acknowledgeAll(member)
  bus.pass()
  const [first, gap, next] = member.items
  expect(first).toMatchObject({ type: "chunk", number: 0 })
  expect(gap).toMatchObject({ type: "gap", reason: "lagged" })
  if (gap?.type !== "gap") throw new Error("no gap")
  acknowledgeAll(member)
  bus.pass()
  const after = next ?? member.items[2]
  expect(after).toMatchObject({ type: "chunk", number: gap.first })
  // The numbers go on as the topic's do: nothing is gone that no gap has told of.
  if (after?.type === "chunk") expect(after.data[0]).toBe(65 + gap.first)
})

test("refuses an acknowledgement of what was not sent, and what is no number of a member", () => {
  const { bus, publisher, clients, readers } = group(1)
  publisher.publish("work", "1")
  bus.pass()
  readers[0].reader?.acknowledge(5)
  bus.pass()
  expect(readers[0].error?.code).toBe("protocol")
  const join = (params: { readonly [name: string]: number | string }) =>
    codeOf(() => clients[0].command("subscribe", { subject: "work", group: "g", member: 0, ...params }))
  expect(join({ member: -1 })).toBe("invalid_argument")
  expect(join({ prefetch: 0 })).toBe("invalid_argument")
  expect(join({ prefetch: 2_000 })).toBe("invalid_argument")
  expect(join({ group: "" })).toBe("invalid_argument")
})

test("leaves nothing behind when everybody has gone", () => {
  const { bus, publisher, clients } = group(3)
  publisher.publish("work", "1", "2", "3", "4")
  bus.pass()
  expect(bus.dispatcher.usage.groupMembers).toBe(3)
  for (const client of clients) client.cut()
  bus.pass(2 * WINDOW_MS)
  publisher.cut()
  bus.pass(2 * WINDOW_MS)
  expect(bus.dispatcher.usage).toMatchObject({
    groupMembers: 0,
    letters: 0,
    deadLetters: 0,
    topics: 0,
    aliases: 0,
    heldBytes: 0,
  })
})

test("puts members out when the dispatcher closes, without a word", () => {
  const { bus, readers } = group(2)
  bus.dispatcher.close()
  expect(bus.dispatcher.usage.groupMembers).toBe(0)
  bus.pass()
  expect(readers[0].error).toBeUndefined()
})

/** What happens to members, at random. */
type Step = { readonly do: "publish" | "take" | "cut" | "back" | "die" | "pass"; readonly who: number }

const steps = fc.array(
  fc.record<Step>({
    do: fc.constantFrom("publish", "publish", "publish", "take", "take", "cut", "back", "die", "pass"),
    who: fc.nat(2),
  }),
  { maxLength: 60 },
)

test("whatever happens: nobody holds what another live member has, and nothing is lost while one lives", () => {
  fc.assert(
    fc.property(steps, fc.integer({ min: 1, max: 4 }), (script, prefetch) => {
      const bus = new TestBus()
      const publisher = bus.client("p")
      const place = (who: number, session: number) => {
        const client = bus.client(`m${who}`, session)
        return { client, reader: client.join("work", "g", { prefetch }), done: 0, session, isCut: false }
      }
      const members = [place(0, 0), place(1, 0), place(2, 0)]
      const done: string[] = []
      let published = 0
      bus.pass()
      for (const step of script) {
        const member = members[step.who]!
        if (step.do === "publish") publisher.publish("work", `${published++}`)
        if (step.do === "take") {
          const texts = member.reader.texts()
          if (member.done < texts.length && !member.isCut) {
            done.push(texts[member.done++]!)
            member.reader.reader?.acknowledge(member.done)
          }
        }
        if (step.do === "cut" && !member.isCut) {
          member.client.cut()
          member.isCut = true
        }
        if (step.do === "back" && member.isCut) {
          member.client.reconnect()
          member.isCut = false
        }
        // Its process is killed: another one has its place, and knows nothing.
        if (step.do === "die") {
          if (!member.isCut) member.client.cut()
          members[step.who] = place(step.who, member.session + 1)
        }
        bus.pass(step.do === "pass" ? 1_000 : 1)
        const held = members.flatMap(({ reader, done: count }) => reader.texts().slice(count))
        expect(new Set(held).size).toBe(held.length)
      }
      for (const member of members) {
        if (member.isCut) member.client.reconnect()
        member.isCut = false
      }
      for (let i = 0; i < published + 3; i++) {
        bus.pass()
        for (const member of members) {
          done.push(...member.reader.texts().slice(member.done))
          member.done = member.reader.texts().length
          member.reader.reader?.acknowledge(member.done)
        }
      }
      expect(new Set(done).size).toBe(published)
    }),
    { numRuns: 150 },
  )
})
