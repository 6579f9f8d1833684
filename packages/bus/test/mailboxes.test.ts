import type { BusEvent, Subscription } from "@luxbus/client"
import { afterEach, describe, expect, test } from "vitest"
import { SYSTEMS, type System } from "./system.ts"

const systems: System[] = []
afterEach(async () => {
  for (const system of systems.splice(0)) await system.close()
})

/** Reads so many messages. */
async function read(subscription: Subscription, count: number): Promise<BusEvent[]> {
  const events: BusEvent[] = []
  while (events.length < count) {
    const event = await subscription.next()
    if (event === undefined) break
    events.push(event)
  }
  return events
}

const dataOf = (events: readonly BusEvent[]) => events.map(({ data }) => data)

describe.each(Object.entries(SYSTEMS))("%s", (_name, start) => {
  async function begin(...options: Parameters<typeof start>): Promise<System> {
    const system = await start(...options)
    systems.push(system)
    return system
  }

  test("a receipt says where the topic goes on, and who heard it", async () => {
    const system = await begin()
    const publisher = await system.connect("publisher")
    const reader = await system.connect("reader")
    expect((await publisher.publish("news", "nobody hears it", { receipt: true })).subscribers).toBe(0)
    const subscription = reader.subscribe("news", { from: "start" })
    await subscription.opened
    const receipts = await Promise.all(
      ["one", "two", "three"].map((text) => publisher.publish("news", text, { receipt: true })),
    )
    expect(receipts.map(({ subscribers }) => subscribers)).toEqual([1, 1, 1])
    expect(dataOf(await read(subscription, 4))).toEqual(["nobody hears it", "one", "two", "three"])
    const later = reader.subscribe("news", { from: receipts[1]?.cursor ?? "" })
    expect(dataOf(await read(later, 1))).toEqual(["three"])
  })

  test("what is published with receipts arrives once, whatever its publisher's connection does", async () => {
    const system = await begin()
    const publisher = await system.connect("publisher")
    const reader = await system.connect("reader")
    const subscription = reader.subscribe("news")
    await subscription.opened
    const COUNT = 300
    const receipts: Promise<unknown>[] = []
    for (let n = 0; n < COUNT; n++) {
      receipts.push(publisher.publish("news", { n }, { receipt: true }))
      if (n % 50 === 20) system.cut("publisher")
      if (n % 20 === 0) await receipts[n - 10]
    }
    await Promise.all(receipts)
    const events = await read(subscription, COUNT)
    expect(events.map(({ data }) => (data as { n: number }).n)).toEqual(Array.from({ length: COUNT }, (_, n) => n))
  })

  test("a message of many chunks is answered once, cut or not", async () => {
    const system = await begin()
    const publisher = await system.connect("publisher")
    const reader = await system.connect("reader")
    const subscription = reader.subscribe("blobs")
    await subscription.opened
    const texts = ["a", "b", "c"].map((letter) => letter.repeat(300_000))
    const receipts = texts.map((text) => publisher.publish("blobs", text, { receipt: true }))
    system.cut("publisher")
    await Promise.all(receipts)
    expect(dataOf(await read(subscription, 3))).toEqual(texts)
  })

  test("what is sent to who is away is queued, and comes in order when it is back", async () => {
    const system = await begin()
    const sender = await system.connect("sender")
    const absent = await system.connect("absent")
    await absent.close()
    const states: string[] = []
    for (let n = 0; n < 5; n++) states.push((await sender.send("absent", { n })).state)
    expect(states).toEqual(Array(5).fill("queued"))
    const back = await system.connect("absent")
    const mailbox = back.mailbox()
    const events = await read(mailbox, 5)
    expect(events.map(({ data, from, attempt }) => [data, from, attempt])).toEqual(
      [0, 1, 2, 3, 4].map((n) => [{ n }, "sender", 1]),
    )
    expect((await sender.send("absent", "live")).state).toBe("delivered")
    expect(dataOf(await read(mailbox, 1))).toEqual(["live"])
  })

  test("what a reader did not acknowledge comes again, marked; what it did does not", async () => {
    const system = await begin()
    const sender = await system.connect("sender")
    const reader = await system.connect("reader")
    const mailbox = reader.mailbox()
    await mailbox.opened
    for (const text of ["one", "two"]) await sender.send("reader", text)
    // Asking for the second acknowledges the first.
    expect(dataOf(await read(mailbox, 2))).toEqual(["one", "two"])
    await mailbox.close()
    const again = await read(reader.mailbox(), 1)
    expect(again.map(({ data, attempt }) => [data, attempt])).toEqual([["two", 2]])
  })

  test("cuts of either side lose no letter and repeat none", async () => {
    const system = await begin()
    const sender = await system.connect("sender")
    const reader = await system.connect("reader")
    const mailbox = reader.mailbox({ prefetch: 4 })
    await mailbox.opened
    const COUNT = 200
    const sent: Promise<unknown>[] = []
    const got: number[] = []
    const reading = (async () => {
      while (got.length < COUNT) {
        for (const { data } of await read(mailbox, 1)) got.push((data as { n: number }).n)
        if (got.length % 60 === 30) system.cut("reader")
      }
    })()
    for (let n = 0; n < COUNT; n++) {
      sent.push(sender.send("reader", { n }))
      if (n % 70 === 35) system.cut("sender")
      if (n % 10 === 9) await sent[n]
    }
    await Promise.all(sent)
    await reading
    expect(got).toEqual(Array.from({ length: COUNT }, (_, n) => n))
  })

  test("to whom nobody has connected yet nothing is sent; mailboxes of others are not read", async () => {
    const system = await begin()
    const sender = await system.connect("sender")
    await system.connect("other")
    await expect(sender.send("nobody", 1)).rejects.toMatchObject({ code: "unknown_stream", details: { to: "nobody" } })
    await expect(sender.send("", 1)).rejects.toMatchObject({ code: "invalid_argument" })
    await expect(sender.publish("mailbox.other", 1, { receipt: true })).rejects.toMatchObject({
      code: "invalid_argument",
    })
    await expect(sender.subscribe("mailbox.other", { group: "mailbox" }).opened).rejects.toMatchObject({
      code: "forbidden",
    })
    await expect(sender.subscribe("mailbox.sender").opened).rejects.toMatchObject({
      code: "invalid_argument",
      details: { field: "group" },
    })
    // The sender goes on.
    expect((await sender.send("other", 1)).state).toBe("queued")
  })

  test("a full mailbox refuses, and keeps what it has", async () => {
    const system = await begin()
    const sender = await system.connect("sender")
    const reader = await system.connect("reader")
    const states = await Promise.allSettled(Array.from({ length: 1_001 }, (_, n) => sender.send("reader", { n })))
    expect(states.slice(0, 1_000).every(({ status }) => status === "fulfilled")).toBe(true)
    expect(states[1_000]).toMatchObject({
      status: "rejected",
      reason: { code: "mailbox_full", retryable: true, details: { bound: "messages", limit: 1_000 } },
    })
    const events = await read(reader.mailbox({ prefetch: 100 }), 1_000)
    expect(events.map(({ data }) => (data as { n: number }).n)).toEqual(Array.from({ length: 1_000 }, (_, n) => n))
  })

  test("what waits for its receipt when the bus closes fails with closed", async () => {
    const system = await begin()
    const publisher = await system.connect("publisher")
    await publisher.publish("news", "here", { receipt: true })
    system.block("publisher")
    const receipt = publisher.publish("news", "gone", { receipt: true })
    const aborting = new AbortController()
    const aborted = publisher.publish("news", "given up", { receipt: true, signal: aborting.signal })
    aborting.abort()
    await expect(aborted).rejects.toMatchObject({ code: "cancelled" })
    await publisher.close()
    await expect(receipt).rejects.toMatchObject({ code: "closed" })
  })
})
