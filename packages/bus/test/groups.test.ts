import type { Bus, BusEvent, Subscription } from "@luxbus/client"
import { afterEach, describe, expect, test } from "vitest"
import { SYSTEMS, type System } from "./system.ts"

const systems: System[] = []
afterEach(async () => {
  for (const system of systems.splice(0)) await system.close()
})

/** Works through what a member gets, until its bus is closed: `work` is called before the next is asked for. */
async function worker(subscription: Subscription, work: (event: BusEvent) => void): Promise<void> {
  try {
    for await (const event of subscription) work(event)
  } catch (error) {
    expect(error).toMatchObject({ code: "closed" })
  }
}

async function join(bus: Bus, prefetch = 4): Promise<Subscription> {
  const subscription = bus.subscribe("jobs", { group: "workers", prefetch })
  await subscription.opened
  return subscription
}

describe.each(Object.entries(SYSTEMS))("%s", (_name, start) => {
  async function begin(): Promise<System> {
    const system = await start()
    systems.push(system)
    return system
  }

  test("each message of a group is worked on once, though its members' connections are cut", async () => {
    const system = await begin()
    const publisher = await system.connect("publisher")
    const ids = ["one", "two", "three"]
    const done: number[] = []
    const working: Promise<void>[] = []
    const COUNT = 300
    let enough = () => {}
    const allDone = new Promise<void>((resolve) => {
      enough = resolve
    })
    for (const id of ids) {
      const bus = await system.connect(id)
      const subscription = await join(bus)
      const work = ({ data, from, attempt }: BusEvent) => {
        expect([from, attempt]).toEqual(["publisher", 1])
        done.push((data as { n: number }).n)
        if (done.length % 40 === 0) system.cut(id)
        if (done.length === COUNT) enough()
      }
      working.push(worker(subscription, work))
    }
    for (let n = 0; n < COUNT; n++) await publisher.publish("jobs", { n })
    await Promise.race([allDone, Promise.all(working)])
    expect(done.toSorted((a, b) => a - b)).toEqual(Array.from({ length: COUNT }, (_, n) => n))
  })

  test("what a member has not acknowledged when it closes goes to another, marked", async () => {
    const system = await begin()
    const publisher = await system.connect("publisher")
    const [one, two] = [await system.connect("one"), await system.connect("two")]
    const first = await join(one)
    for (const n of [0, 1, 2]) await publisher.publish("jobs", n)
    expect((await first.next())?.data).toBe(0)
    // Asking for the next acknowledges the one before; this one is not.
    expect((await first.next())?.data).toBe(1)
    const second = await join(two)
    await one.close()
    const rest = [await second.next(), await second.next()]
    expect(rest.map((event) => [event?.data, event?.attempt])).toEqual([
      [1, 2],
      [2, expect.any(Number)],
    ])
  })

  test("what was acknowledged by itself goes to nobody else", async () => {
    const system = await begin()
    const publisher = await system.connect("publisher")
    const [one, two] = [await system.connect("one"), await system.connect("two")]
    const first = await join(one, 1)
    const second = await join(two, 1)
    for (const n of [0, 1]) await publisher.publish("jobs", n)
    expect((await first.next())?.data).toBe(0)
    first.acknowledge()
    await first.close()
    expect((await second.next())?.data).toBe(1)
    await publisher.publish("jobs", 2)
    expect((await second.next())?.data).toBe(2)
  })
})
