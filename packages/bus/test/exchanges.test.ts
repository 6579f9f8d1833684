import type { Bus, ExchangeEvent, ExchangeGuest } from "@luxbus/client"
import { afterEach, describe, expect, test } from "vitest"
import { SYSTEMS, type System } from "./system.ts"

const systems: System[] = []
afterEach(async () => {
  for (const system of systems.splice(0)) await system.close()
})

async function read(guest: ExchangeGuest, count: number): Promise<ExchangeEvent[]> {
  const events: ExchangeEvent[] = []
  while (events.length < count) {
    const event = await guest.next()
    if (event === undefined) break
    events.push(event)
  }
  return events
}

const dataOf = (events: readonly ExchangeEvent[]) => events.map(({ data }) => data)

describe.each(Object.entries(SYSTEMS))("%s", (_name, start) => {
  async function begin(...ids: readonly string[]): Promise<{ system: System; buses: Bus[] }> {
    const system = await start()
    systems.push(system)
    return { system, buses: await Promise.all(ids.map((id) => system.connect(id))) }
  }

  test("live characters: each keystroke of several writers reaches all, in the host's order; who comes late has all of it", async () => {
    const { buses } = await begin("host", "anna", "ben", "late")
    const [hosting, one, two, three] = buses as [Bus, Bus, Bus, Bus]
    await using host = await hosting.host("pad.1")
    await using anna = await one.join("pad.1")
    await using ben = await two.join("pad.1")
    for (const letter of "hello") await anna.publish(letter)
    for (const letter of "world") await ben.publish(letter)
    host.publish("!")
    const heard = [await read(anna, 11), await read(ben, 11)]
    expect(heard[0]).toEqual(heard[1])
    expect(heard[0]?.map(({ number }) => number)).toEqual(Array.from({ length: 11 }, (_, n) => n))
    for (const [from, text] of [
      ["anna", "hello"],
      ["ben", "world"],
      ["host", "!"],
    ]) {
      expect(dataOf(heard[0]?.filter((event) => event.from === from) ?? []).join("")).toBe(text)
    }
    await using late = await three.join("pad.1")
    expect(await read(late, 11)).toEqual(heard[0])
    await using now = await three.join("pad.1", { from: "now" })
    await using middle = await three.join("pad.1", { from: 9 })
    host.publish("?")
    expect([dataOf(await read(now, 1)), (await read(middle, 3)).map(({ number }) => number)]).toEqual([
      ["?"],
      [9, 10, 11],
    ])
    expect([anna.host, host.guestCount]).toEqual(["host", 5])
  })

  test("whatever a payload can be comes as it was", async () => {
    const { buses } = await begin("host", "guest")
    const [hosting, one] = buses as [Bus, Bus]
    await using _host = await hosting.host("data")
    await using guest = await one.join("data")
    const payloads = [
      "",
      "text",
      { deep: [1, null] },
      null,
      7,
      new Uint8Array(),
      new Uint8Array(300_000).fill(7),
      "end",
    ]
    for (const payload of payloads) await guest.publish(payload)
    expect(dataOf(await read(guest, payloads.length))).toEqual(payloads)
    await expect(guest.publish(new Uint8Array(1_048_577))).rejects.toMatchObject({ code: "too_large" })
  })

  test("cuts of guests and of the host lose no message and repeat none", async () => {
    const { system, buses } = await begin("host", "anna", "ben")
    const [hosting, one, two] = buses as [Bus, Bus, Bus]
    await using _host = await hosting.host("pad")
    await using anna = await one.join("pad")
    await using ben = await two.join("pad")
    const COUNT = 120
    const heard = read(ben, COUNT)
    const own = read(anna, COUNT)
    for (let n = 0; n < COUNT; n++) {
      await anna.publish(n)
      if (n % 40 === 10) system.cut("anna")
      if (n % 40 === 20) system.cut("host")
      if (n % 40 === 30) system.cut("ben")
    }
    const expected = Array.from({ length: COUNT }, (_, n) => n)
    expect([dataOf(await heard), dataOf(await own)]).toEqual([expected, expected])
  })

  test("who comes when the beginning is gone is told how much", async () => {
    const { buses } = await begin("host", "guest")
    const [hosting, one] = buses as [Bus, Bus]
    await using host = await hosting.host("short", { historyBytes: 10_000 })
    for (let n = 0; n < 40; n++) host.publish(`${n}`.padEnd(436, "."))
    await using guest = await one.join("short")
    await expect(guest.next()).rejects.toMatchObject({ code: "gap", details: { missed: 20 } })
    expect((await guest.next())?.number).toBe(20)
    const told: number[] = []
    await using other = await one.join("short", { onMissed: (count) => told.push(count) })
    expect([(await other.next())?.number, told]).toEqual([20, [20]])
  })

  test("the host's end reaches the guests behind all that it has taken; a host that is gone is an error", async () => {
    const { buses } = await begin("host", "guest")
    const [hosting, one] = buses as [Bus, Bus]
    const host = await hosting.host("pad")
    const guest = await one.join("pad")
    host.publish("last")
    await host.close()
    expect([(await guest.next())?.data, await guest.next()]).toEqual(["last", undefined])
    await expect(one.join("pad")).rejects.toMatchObject({ code: "no_provider" })
    expect(() => host.publish("late")).toThrow(expect.objectContaining({ code: "invalid_state" }))
    const waiting = one.join("pad", { waitForHostMs: 20_000 })
    const again = await hosting.host("pad")
    const second = await waiting
    again.publish("new")
    expect((await second.next())?.data).toBe("new")
    await hosting.close()
    await expect(second.next()).rejects.toMatchObject({ code: expect.stringMatching(/closed|peer_lost|expired/) })
  })

  test("a second host is a conflict; a guest may leave, and what is none is refused", async () => {
    const { buses } = await begin("host", "other", "guest")
    const [hosting, another, one] = buses as [Bus, Bus, Bus]
    await using host = await hosting.host("pad")
    await expect(another.host("pad")).rejects.toMatchObject({ code: "conflict", details: { host: "host" } })
    const guest = await one.join("pad")
    await guest.publish("before it goes")
    await guest.close()
    await guest.close()
    expect(await guest.next()).toBeUndefined()
    await expect(guest.publish("late")).rejects.toMatchObject({ code: "invalid_state" })
    for await (const { data } of host) {
      expect(data).toBe("before it goes")
      break
    }
    await expect.poll(() => host.guestCount).toBe(0)
    await expect(one.join("a.*")).rejects.toMatchObject({ code: "invalid_argument" })
    await expect(one.join("pad", { from: -1 })).rejects.toMatchObject({ code: "invalid_argument" })
    await expect(one.host("b", { historyBytes: -1 })).rejects.toMatchObject({ code: "invalid_argument" })
    await expect(one.join("pad", { signal: AbortSignal.abort() })).rejects.toMatchObject({ code: "cancelled" })
  })
})
