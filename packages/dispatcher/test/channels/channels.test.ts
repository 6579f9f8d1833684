import { ChannelRole } from "@luxbus/packet"
import { expect, test } from "vitest"
import { Channel } from "../../src/channels/channel.ts"
import { TestBus } from "../test-bus.ts"
import { TestMember } from "./test-member.ts"

test("a consumer is told of providers and a provider of consumers, a snapshot first and then what changes", () => {
  const bus = new TestBus()
  const [a, b, c, d] = [bus.client("a"), bus.client("b"), bus.client("c"), bus.client("d")]
  const early = new TestMember(a, "translate", "provider", { capacity: 4 })
  bus.pass()
  const consumer = new TestMember(b, "translate", "consumer")
  bus.pass()
  const late = new TestMember(c, "translate", "provider")
  new TestMember(d, "translate", "consumer")
  bus.pass()
  expect(consumer.told).toEqual([
    { version: 2, members: [{ id: "a", role: "provider", capacity: 4, since: expect.any(Number) }] },
    { version: 3, joined: { id: "c", role: "provider", capacity: 1, since: expect.any(Number) } },
  ])
  expect([consumer.opened, early.ids(), late.ids()]).toEqual([1, ["b", "d"], ["b", "d"]])
  early.leave()
  bus.pass()
  expect(consumer.told.at(-1)).toEqual({ version: 5, left: "a" })
  expect(bus.dispatcher.usage).toMatchObject({ channels: 1, registrations: 3 })
})

test("a member whose connection is lost stays for the window, is not told of twice, and then leaves", () => {
  const bus = new TestBus({ windowMs: 10_000 })
  const [a, b] = [bus.client("a"), bus.client("b")]
  const provider = new TestMember(a, "translate", "provider")
  const consumer = new TestMember(b, "translate", "consumer")
  bus.pass()
  a.cut()
  bus.pass(9_000)
  a.reconnect()
  provider.announce()
  bus.pass(20_000)
  expect([consumer.ids(), consumer.told.length, provider.opened]).toEqual([["a"], 1, 2])
  expect(provider.told.at(-1)).toMatchObject({ members: [{ id: "b" }] })
  a.cut()
  bus.pass(10_000)
  expect(consumer.ids()).toEqual([])
  b.cut()
  bus.pass(10_000)
  expect(bus.dispatcher.usage).toMatchObject({ channels: 0, registrations: 0, clients: 0 })
  expect(bus.clock.pendingTimers).toBe(0)
})

test("another session under the same id takes the place of what the one before had registered", () => {
  const bus = new TestBus()
  const consumer = new TestMember(bus.client("b"), "translate", "consumer")
  const [first, other] = [bus.client("a"), "other"]
  new TestMember(first, "translate", "provider")
  new TestMember(first, other, "provider")
  bus.pass()
  const next = bus.client("a", 1)
  bus.pass()
  expect(consumer.ids()).toEqual([])
  new TestMember(next, "translate", "provider")
  bus.pass()
  expect(consumer.ids()).toEqual(["a"])
  expect(bus.dispatcher.usage).toMatchObject({ channels: 1, registrations: 2 })
})

test("refuses a second registration of a client in the same place, and more than the bound", () => {
  const bus = new TestBus({ maxRegistrationsPerClient: 2 })
  const a = bus.client("a")
  const members = [
    new TestMember(a, "one", "provider"),
    new TestMember(a, "one", "provider", { number: 1 }),
    new TestMember(a, "one", "consumer"),
    new TestMember(a, "two", "consumer"),
    new TestMember(a, "three", "provider", { capacity: 0 }),
  ]
  bus.pass()
  expect(members.map(({ error }) => error?.code)).toEqual([
    undefined,
    "conflict",
    undefined,
    "rate_limited",
    "invalid_argument",
  ])
})

test("a snapshot of many members comes in parts that fit into a frame", () => {
  const bus = new TestBus()
  const names = Array.from({ length: 100 }, (_, i) => `${'"'.repeat(100)}${String(i).padStart(3, "0")}`)
  for (const name of names) new TestMember(bus.client(name), "translate", "provider")
  bus.pass()
  const consumer = new TestMember(bus.client("b"), "translate", "consumer")
  bus.pass()
  const parts = consumer.told as { members: { id: string }[]; more?: true }[]
  expect(parts.flatMap(({ members }) => members.map(({ id }) => id))).toEqual(names)
  expect(parts.map(({ more }) => more)).toEqual([...parts.slice(1).map(() => true), undefined])
  expect(parts.length).toBeGreaterThan(5)
})

test("who reads slowly is told a snapshot in place of more changes than there are members", () => {
  const bus = new TestBus()
  const b = bus.client("b")
  const consumer = new TestMember(b, "translate", "consumer")
  bus.pass()
  b.broker.full = true
  for (let round = 0; round < 100; round++) {
    const provider = new TestMember(bus.client(`p${round % 5}`), "translate", "provider", { number: round })
    bus.pass(1)
    if (round < 98) provider.leave()
    bus.pass(1)
  }
  b.broker.full = false
  bus.pass()
  expect(consumer.ids()).toEqual(["p3", "p4"])
  expect(consumer.told.length).toBeLessThan(20)
})

test("a channel without members is forgotten by the count, and knows nobody", () => {
  const channel = new Channel("translate")
  expect([
    channel.size,
    channel.count(ChannelRole.provider),
    channel.choose({ float: () => 0, bytes: () => new Uint8Array() }, "who asks"),
  ]).toEqual([0, 0, undefined])
})

test("members hear of members alone, never of themselves, with what each says of itself", () => {
  const bus = new TestBus()
  const anna = new TestMember(bus.client("anna"), "room", "member", { headers: { name: "Anna" } })
  new TestMember(bus.client("provider"), "room", "provider")
  const consumer = new TestMember(bus.client("consumer"), "room", "consumer")
  bus.pass()
  const ben = new TestMember(bus.client("ben"), "room", "member")
  bus.pass()
  expect([anna.ids(), ben.ids(), consumer.ids()]).toEqual([["ben"], ["anna"], ["provider"]])
  expect(ben.told[0]).toMatchObject({ members: [{ id: "anna", role: "member", meta: { name: "Anna" } }] })
  ben.leave()
  bus.pass()
  expect(anna.ids()).toEqual([])
})

test("what a member says of itself may change, on the same connection and another; the same again is no news", () => {
  const bus = new TestBus()
  const client = bus.client("anna")
  const anna = new TestMember(client, "room", "member", { headers: { at: 1 } })
  const ben = new TestMember(bus.client("ben"), "room", "member")
  bus.pass()
  anna.restate({ at: 2 })
  bus.pass()
  expect(ben.told.at(-1)).toMatchObject({ joined: { id: "anna", meta: { at: 2 } } })
  const count = ben.told.length
  client.cut()
  client.reconnect()
  anna.announce()
  bus.pass()
  expect(ben.told).toHaveLength(count)
  expect(bus.dispatcher.usage.registrations).toBe(2)
})

test("a member that says too much of itself is refused", () => {
  const bus = new TestBus()
  const anna = new TestMember(bus.client("anna"), "room", "member", { headers: { text: "x".repeat(1_024) } })
  bus.pass()
  expect([anna.error?.code, bus.dispatcher.usage.registrations]).toEqual(["too_large", 0])
})

test("the broker lists its channels, and everybody in one", () => {
  const bus = new TestBus()
  const client = bus.client("anna")
  new TestMember(client, "room", "member", { headers: { name: "Anna" } })
  new TestMember(bus.client("p"), "room", "provider", { capacity: 4 })
  new TestMember(bus.client("c"), "other", "consumer")
  bus.pass()
  const asking = bus.client("asking")
  expect(asking.command("channels")).toEqual([
    { channel: "room", consumers: 0, providers: 1, members: 1 },
    { channel: "other", consumers: 1, providers: 0, members: 0 },
  ])
  client.cut()
  expect(asking.command("members", { channel: "room" })).toEqual([
    { id: "p", role: "provider", capacity: 4, since: expect.any(Number), connected: true },
    { id: "anna", role: "member", capacity: 1, since: expect.any(Number), meta: { name: "Anna" }, connected: false },
  ])
  expect(asking.command("members", { channel: "nowhere" })).toEqual([])
})
