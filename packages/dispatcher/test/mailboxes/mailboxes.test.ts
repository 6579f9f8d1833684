import { BROKER_LIMITS, type JsonObject, Lane } from "@luxbus/packet"
import fc from "fast-check"
import { expect, test } from "vitest"
import { codeOf, TestBus, type TestClient } from "../test-bus.ts"
import { TestPublisher } from "../test-publisher.ts"
import type { TestReader } from "../test-reader.ts"

const TTL_MS = 120_000

function seqOf(counter: number): Uint8Array {
  const seq = new Uint8Array(40)
  new DataView(seq.buffer).setUint32(36, counter)
  return seq
}

function sender(client: TestClient, to: string, counter = 1): TestPublisher {
  const publisher = new TestPublisher(`mailbox.${to}`, seqOf(counter))
  publisher.start(client.carrier)
  return publisher
}

function readMailbox(client: TestClient, extra: JsonObject = {}): TestReader {
  return client.join(`mailbox.${client.id}`, "mailbox", extra)
}

function acknowledgeAll({ reader }: TestReader): void {
  reader?.acknowledge(reader.lane(Lane.main).position)
}

const attemptsOf = ({ items }: TestReader) => items.flatMap((item) => (item.type === "chunk" ? [item.attempt] : []))
const statesOf = ({ receipts }: TestPublisher) =>
  receipts.map(({ state, error }) => state ?? (error as JsonObject)["code"])

function setUp() {
  const bus = new TestBus()
  const from = bus.client("from")
  const to = bus.client("to")
  return { bus, from, to, letters: sender(from, "to") }
}

test("a letter waits for its recipient, and comes in order, before those that are sent later", () => {
  const { bus, to, letters } = setUp()
  to.cut()
  letters.publish("1", "2")
  bus.pass()
  expect(letters.receipts).toEqual([
    { number: 0, state: "queued" },
    { number: 1, state: "queued" },
  ])
  to.reconnect()
  const reader = readMailbox(to)
  letters.publish("3")
  bus.pass()
  expect(reader.texts()).toEqual(["1", "2", "3"])
  expect(reader.items[0]).toMatchObject({ origin: "from", attempt: undefined })
  expect(statesOf(letters)).toEqual(["queued", "queued", "delivered"])
})

test("a reader that has no room is not given more: the letter is queued", () => {
  const { bus, to, letters } = setUp()
  const reader = readMailbox(to, { prefetch: 2 })
  bus.pass()
  letters.publish("1", "2", "3")
  bus.pass()
  expect(statesOf(letters)).toEqual(["delivered", "delivered", "queued"])
  acknowledgeAll(reader)
  bus.pass()
  expect(reader.texts()).toEqual(["1", "2", "3"])
})

test("what a lost reader did not acknowledge comes again, before others, marked", () => {
  const { bus, to, letters } = setUp()
  readMailbox(to, { prefetch: 2 })
  bus.pass()
  letters.publish("1", "2", "3")
  bus.pass()
  to.cut()
  const again = readMailbox(bus.client("to", 1))
  bus.pass()
  expect([again.texts(), attemptsOf(again)]).toEqual([
    ["1", "2", "3"],
    [2, 2, undefined],
  ])
})

test("what nobody comes for in time is a dead letter: listed, and sent again on request", () => {
  const { bus, from, to, letters } = setUp()
  to.cut()
  letters.publish("1", "22")
  bus.pass(TTL_MS / 2)
  letters.publish("3")
  bus.pass(TTL_MS / 2 + 1_000)
  const listed = from.command("deadLetters", { to: "to" }) as JsonObject[]
  expect(listed).toMatchObject([
    { id: 1, from: "from", to: "to", reason: "expired", attempts: 0, bytes: 1 },
    { id: 2, bytes: 2 },
  ])
  expect(Number(listed[0]?.["deadAtMs"]) - Number(listed[0]?.["sentAtMs"])).toBeGreaterThanOrEqual(TTL_MS)
  expect(from.command("mailboxes")).toMatchObject([{ to: "to", messages: 1, readers: 0, deadLetters: 2 }])
  to.reconnect()
  const reader = readMailbox(to)
  bus.pass()
  expect(reader.texts()).toEqual(["3"])
  expect(from.command("redrive", { to: "to", id: 2 })).toEqual({ redriven: 1, left: 1 })
  expect(from.command("redrive", { to: "to" })).toEqual({ redriven: 1, left: 0 })
  bus.pass()
  expect(reader.texts()).toEqual(["3", "22", "1"])
  expect(codeOf(() => from.command("redrive", { to: "to" }))).toBe("unknown_stream")
  expect(from.command("deadLetters", { to: "to" })).toEqual([])
})

test("a letter that its readers do not survive is given up after so many of them", () => {
  const { bus, from, to, letters } = setUp()
  to.cut()
  letters.publish("poison")
  for (let attempt = 1; attempt <= BROKER_LIMITS.mailboxAttempts; attempt++) {
    const client = bus.client("to", attempt)
    const reader = readMailbox(client)
    bus.pass()
    expect(attemptsOf(reader)).toEqual([attempt === 1 ? undefined : attempt])
    client.cut()
  }
  bus.client("to", 100)
  bus.pass()
  expect(from.command("deadLetters", { to: "to" })).toMatchObject([
    { reason: "attempts", attempts: BROKER_LIMITS.mailboxAttempts },
  ])
  expect(bus.dispatcher.usage).toMatchObject({ letters: 0, deadLetters: 1 })
})

test("dropping lets go of what waits, not of what a reader has", () => {
  const { bus, from, to, letters } = setUp()
  const reader = readMailbox(to, { prefetch: 1 })
  bus.pass()
  letters.publish("1", "2", "3")
  bus.pass()
  expect(from.command("dropMail", { to: "to" })).toEqual({ dropped: 2 })
  expect(bus.dispatcher.usage.letters).toBe(1)
  acknowledgeAll(reader)
  bus.pass()
  expect(reader.texts()).toEqual(["1"])
  expect(bus.dispatcher.usage.letters).toBe(0)
})

test("bounds: messages and bytes of each mailbox, a sender's share of all", () => {
  const { bus, from, to, letters } = setUp()
  to.cut()
  const piece = new Uint8Array(60_000)
  const perMailbox = Math.floor(BROKER_LIMITS.mailboxBytes / (piece.length + 64))
  for (let i = 0; i <= perMailbox; i++) letters.publishChunk(piece)
  bus.pass()
  expect(letters.receipts.at(-2)).toMatchObject({ state: "queued" })
  expect(letters.receipts.at(-1)).toMatchObject({ error: { code: "mailbox_full", details: { bound: "bytes" } } })
  bus.client("second")
  const others = sender(from, "second", 2)
  for (let i = 0; i < perMailbox; i++) others.publishChunk(piece)
  bus.pass()
  expect(others.receipts.at(-1)).toMatchObject({ error: { code: "mailbox_full", details: { bound: "sender" } } })
  // Another sender is not hindered.
  const third = sender(bus.client("third"), "second")
  third.publishChunk(piece)
  bus.pass()
  expect(statesOf(third)).toEqual(["queued"])
})

test("the whole broker's bound holds for all senders", () => {
  const bus = new TestBus()
  const piece = new Uint8Array(250_000)
  const refused = new Set<unknown>()
  let bytes = 0
  for (let s = 0; s < 35; s++) {
    const client = bus.client(`s${s}`)
    bus.client(`r${s}`)
    const letters = sender(client, `r${s}`)
    for (let i = 0; i < 36; i++) letters.publishChunk(piece)
    bus.pass(1)
    for (const { state, error } of letters.receipts) {
      if (state === "queued") bytes += piece.length
      else refused.add(((error as JsonObject)["details"] as JsonObject)["bound"])
    }
  }
  expect(bytes).toBeLessThanOrEqual(BROKER_LIMITS.brokerMailboxBytes)
  expect(bytes).toBeGreaterThan(BROKER_LIMITS.brokerMailboxBytes * 0.99)
  expect(refused).toEqual(new Set(["bytes", "broker"]))
})

test("dead letters have the same bounds: the oldest goes, counted", () => {
  const { bus, from, to, letters } = setUp()
  to.cut()
  for (const round of [0, 1]) {
    letters.publish(...Array.from({ length: 600 }, (_, n) => `${round}-${n}`))
    bus.pass(TTL_MS + 1_000)
  }
  expect(from.command("mailboxes")).toMatchObject([{ messages: 0, deadLetters: 1_000, droppedDeadLetters: 200 }])
  expect((from.command("deadLetters", { to: "to" }) as JsonObject[])[0]?.["id"]).toBe(201)
  // What there is no room for stays where it is.
  letters.publish(...Array.from({ length: 400 }, () => "new"))
  bus.pass(1)
  expect(from.command("redrive", { to: "to" })).toEqual({ redriven: 600, left: 400 })
  expect(codeOf(() => from.command("redrive", { to: "to" }))).toBe("mailbox_full")
})

test("nobody who never connected has a mailbox; without receipts the refusal resets the stream", () => {
  const bus = new TestBus()
  const from = bus.client("from")
  const letters = sender(from, "nobody")
  letters.publish("1")
  const silent = new TestPublisher("mailbox.nobody", seqOf(2))
  silent.start(from.carrier, 0, {})
  silent.publish("1")
  bus.pass()
  expect(statesOf(letters)).toEqual(["unknown_stream"])
  expect(silent.error?.code).toBe("unknown_stream")
  bus.client("nobody").cut()
  silent.start(from.carrier, 1, {})
  silent.publish("2")
  bus.pass()
  expect(silent.receipts).toEqual([])
  expect(bus.dispatcher.usage.letters).toBe(1)
})

test("a mailbox is read by its own client alone, in its group", () => {
  const { bus, from, to } = setUp()
  bus.pass()
  const codes = [
    codeOf(() => from.join("mailbox.to", "mailbox")),
    codeOf(() => from.subscribe("mailbox.to")),
    codeOf(() => to.subscribe("mailbox.to")),
    codeOf(() => to.join("mailbox.to", "workers")),
  ]
  expect(codes).toEqual(["forbidden", "forbidden", "invalid_argument", "invalid_argument"])
  expect(bus.dispatcher.usage.groupMembers).toBe(0)
})

test("a reader that leaves gives back what it has not acknowledged; nothing is left in the end", () => {
  const { bus, to, letters } = setUp()
  const first = readMailbox(to)
  bus.pass()
  letters.publish("1", "2")
  bus.pass()
  first.reader?.close()
  to.command("leave", { subject: "mailbox.to", group: "mailbox", member: 0 })
  bus.pass()
  expect(bus.dispatcher.usage).toMatchObject({ letters: 2, groupMembers: 0 })
  const second = readMailbox(to)
  bus.pass()
  expect([second.texts(), attemptsOf(second)]).toEqual([
    ["1", "2"],
    [2, 2],
  ])
  acknowledgeAll(second)
  second.reader?.close()
  bus.pass(2_000)
  expect(bus.dispatcher.usage).toMatchObject({ letters: 0, deadLetters: 0, groupMembers: 0 })
  bus.dispatcher.close()
  expect(bus.clock.pendingTimers).toBe(0)
})

/** What may happen to a mailbox. */
const STEP = fc.oneof(
  { weight: 6, arbitrary: fc.record({ op: fc.constant("send" as const), count: fc.integer({ min: 1, max: 40 }) }) },
  { weight: 3, arbitrary: fc.record({ op: fc.constant("acknowledge" as const), count: fc.constant(0) }) },
  { weight: 1, arbitrary: fc.record({ op: fc.constant("cut" as const), count: fc.constant(0) }) },
  { weight: 2, arbitrary: fc.record({ op: fc.constant("back" as const), count: fc.constant(0) }) },
  { weight: 1, arbitrary: fc.record({ op: fc.constant("anew" as const), count: fc.constant(0) }) },
  { weight: 2, arbitrary: fc.record({ op: fc.constant("wait" as const), count: fc.integer({ min: 1, max: 100 }) }) },
)

test("property: every letter that was taken is acknowledged, kept or a dead letter, and no bound is passed", () => {
  fc.assert(
    fc.property(fc.array(STEP, { maxLength: 60 }), (steps) => {
      const bus = new TestBus()
      const letters = sender(bus.client("from"), "to")
      let session = 0
      let client = bus.client("to")
      let reader = readMailbox(client, { prefetch: 8 })
      let isConnected = true
      let sent = 0
      const done = new Set<string>()
      const acknowledge = () => {
        for (const text of reader.texts()) done.add(text)
        acknowledgeAll(reader)
      }
      const anew = () => {
        if (isConnected) client.cut()
        client = bus.client("to", ++session)
        reader = readMailbox(client, { prefetch: 8 })
        isConnected = true
      }
      for (const { op, count } of steps) {
        if (op === "send") for (let i = 0; i < count; i++) letters.publish(`${sent++}`)
        else if (op === "acknowledge" && isConnected) acknowledge()
        else if (op === "cut" && isConnected) {
          client.cut()
          isConnected = false
        } else if (op === "back" && !isConnected) {
          client.reconnect()
          isConnected = true
        } else if (op === "anew") anew()
        else if (op === "wait") bus.pass(count * 1_000)
        bus.pass()
        const { letters: kept, deadLetters } = bus.dispatcher.usage
        expect(kept).toBeLessThanOrEqual(BROKER_LIMITS.mailboxPackets)
        expect(deadLetters).toBeLessThanOrEqual(BROKER_LIMITS.mailboxPackets)
      }
      anew()
      for (let i = 0; i < sent / 8 + 2; i++) {
        bus.pass()
        acknowledge()
      }
      bus.pass()
      expect(bus.dispatcher.usage.letters).toBe(0)
      expect(letters.receipts.map(({ number }) => number)).toEqual(Array.from({ length: sent }, (_, n) => n))
      const refused = statesOf(letters).filter((state) => state === "mailbox_full").length
      const dead = bus.dispatcher.usage.deadLetters
      expect(done.size + dead + refused).toBeGreaterThanOrEqual(sent)
    }),
    { numRuns: 60 },
  )
})
