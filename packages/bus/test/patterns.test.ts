import type { Bus, BusEvent, BusStatus, Subscription } from "@luxbus/client"
import { afterEach, describe, expect, test } from "vitest"
import { SYSTEMS, type System } from "./system.ts"

const systems: System[] = []
afterEach(async () => {
  for (const system of systems.splice(0)) await system.close()
})

async function take(subscription: Subscription, count: number): Promise<BusEvent[]> {
  const events: BusEvent[] = []
  while (events.length < count) {
    const event = await subscription.next()
    if (event === undefined) break
    events.push(event)
  }
  return events
}

/** Resolves once a bus has lost its connection. */
function suspended(bus: Bus): Promise<void> {
  return new Promise((resolve) => {
    const look = ({ state }: BusStatus) => {
      if (state !== "suspended") return
      stop()
      resolve()
    }
    const stop = bus.onStatus(look)
    look(bus.status)
  })
}

function said(events: readonly BusEvent[]): unknown[] {
  return events.map(({ subject, from, data }) => [subject, from, data])
}

describe.each(Object.entries(SYSTEMS))("%s", (_name, start) => {
  async function begin(): Promise<System> {
    const system = await start()
    systems.push(system)
    return system
  }

  test("a pattern gives each message with its own subject and publisher, and those that do not match to nobody", async () => {
    const system = await begin()
    const [one, two, reader] = [await system.connect("one"), await system.connect("two"), await system.connect("r")]
    const progress = reader.subscribe("task.*.progress")
    const all = reader.subscribe("task.>")
    const exact = reader.subscribe("task.2.progress")
    await Promise.all([progress.opened, all.opened, exact.opened])
    await one.publish("task.1.progress", 1)
    await one.publish("task.1.result", "done")
    await all.next()
    await all.next()
    await one.publish("task.2.progress", 2)
    expect(said(await take(progress, 2))).toEqual([
      ["task.1.progress", "one", 1],
      ["task.2.progress", "one", 2],
    ])
    await two.publish("task.2.progress", { text: "x".repeat(200_000) })
    await two.publish("other", 0)
    await two.publish("task.2.progress", 3)
    const [large, small] = await take(progress, 2)
    expect([large!.from, (large!.data as { text: string }).text.length]).toEqual(["two", 200_000])
    expect(said([small!])).toEqual([["task.2.progress", "two", 3]])
    expect((await take(exact, 3)).map(({ from }) => from)).toEqual(["one", "two", "two"])
    expect((await take(all, 3)).map(({ subject }) => subject)).toEqual(Array(3).fill("task.2.progress"))
  })

  test("a pattern's readers miss nothing, get nothing twice, and hear one order, over lost connections", async () => {
    const system = await begin()
    const [publisher, reader, other] = [
      await system.connect("publisher"),
      await system.connect("reader"),
      await system.connect("other"),
    ]
    const [subscription, steady] = [reader.subscribe("load.>"), other.subscribe("load.*.*")]
    await Promise.all([subscription.opened, steady.opened])
    const COUNT = 400
    const publishing = (async () => {
      for (let n = 0; n < COUNT; n++) {
        await publisher.publish(`load.${n % 7}.${n % 3}`, n)
        if (n % 80 !== 79) continue
        // Publishing goes on while it is away.
        system.cut("reader")
        await suspended(reader)
      }
    })()
    const [events, steadyEvents] = [await take(subscription, COUNT), await take(steady, COUNT)]
    await publishing
    expect(said(events)).toEqual(said(steadyEvents))
    const numbers = events.map(({ data }) => data as number)
    expect(numbers.toSorted((a, b) => a - b)).toEqual(Array.from({ length: COUNT }, (_, n) => n))
    for (let i = 0; i < 21; i++) {
      const ofSubject = numbers.filter((n) => n % 21 === i)
      expect(ofSubject).toEqual(ofSubject.toSorted((a, b) => a - b))
    }
    for (const { subject, data } of events) {
      const n = data as number
      expect(subject).toBe(`load.${n % 7}.${n % 3}`)
    }
  })

  test("a cursor of one pattern is the place to go on with another", async () => {
    const system = await begin()
    const [publisher, reader] = [await system.connect("publisher"), await system.connect("reader")]
    const heard = publisher.subscribe(">")
    await heard.opened
    for (let n = 0; n < 10; n++) {
      await publisher.publish(n % 2 === 0 ? "a.x" : "b.x", n)
      await heard.next()
    }
    const all = reader.subscribe("*.x", { from: "start" })
    const [first, second] = [await take(all, 4), await take(all, 6)]
    expect([...first, ...second].map(({ data }) => data)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9])
    const rest = reader.subscribe("b.*", { from: first.at(-1)!.cursor })
    expect((await take(rest, 3)).map(({ data }) => data)).toEqual([5, 7, 9])
  })
})
