import { Bus, type BusOptions, platformSha256 } from "@luxbus/client"
import { disconnectClient, listClients } from "@luxbus/client/operator"
import { systemClock, systemRandom } from "@luxbus/clock"
import type { JsonValue } from "@luxbus/packet"
import { createServer, type Permissions } from "@luxbus/server"
import { memoryListener } from "@luxbus/transport"
import { afterEach, describe, expect, test } from "vitest"
import { jsonDial } from "./json-dial.ts"

const closing: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close()
})

/** A broker at which "guest" has these permissions, and everybody else may everything. */
function start(form: "frames" | "JSON" = "frames", permissions: Permissions = {}) {
  const clock = systemClock()
  const random = systemRandom()
  const server = createServer({
    authenticate: ({ id = "client" }) => ({ id, ...(id === "guest" && { permissions }) }),
  })
  const place = memoryListener({ clock, protocol: form === "JSON" ? "luxbus.v1.json" : "luxbus.v1.bin" })
  place.listen(server.accept)
  closing.push(() => server.close({ drainMs: 0 }))
  const connect = async (id: string, options: BusOptions = {}) => {
    const dial = form === "JSON" ? jsonDial(place.dial) : place.dial
    const bus = new Bus({ clock, random, createHash: platformSha256(), dial }, { id, ...options })
    closing.push(() => bus.close())
    await bus.connected
    return bus
  }
  return { server, connect }
}

const ended = (bus: Bus) =>
  new Promise<unknown>((resolve) => {
    bus.onStatus(({ state, error }) => state !== "connected" && resolve([state, error?.code, error?.message]))
  })

describe.each(["frames", "JSON"] as const)("in %s", (form) => {
  test("an operator sees who is connected, since when, from where, how, and with how many streams", async () => {
    const { server, connect } = start(form)
    const beforeMs = Date.now()
    const worker = await connect("worker")
    const operator = await connect("operator")
    for (const name of ["a", "b"]) await worker.open(name)
    const clients = await listClients(operator)
    expect(clients).toMatchObject([
      { id: "worker", protocol: form === "JSON" ? "luxbus.v1.json" : "luxbus.v1.bin", streams: 2 },
      { id: "operator", streams: 0 },
    ])
    for (const { connectedAtMs, remoteAddress } of clients) {
      expect(connectedAtMs).toBeGreaterThanOrEqual(beforeMs)
      expect(remoteAddress).not.toBe("")
    }
    expect(server.clients()).toEqual(clients)
    await worker.close()
    expect((await listClients(operator)).map(({ id }) => id)).toEqual(["operator"])
  })

  test("a client that is disconnected hears why, and does not come back by itself", async () => {
    const { connect } = start(form)
    // Not even one that can get other tokens.
    const worker = await connect("worker", { getToken: () => "t" })
    const operator = await connect("operator")
    const told = ended(worker)
    expect(await disconnectClient(operator, "worker", "enough")).toBe(true)
    expect(await told).toEqual(["closed", "closed", "enough"])
    expect(await disconnectClient(operator, "worker")).toBe(false)
    const next = await connect("worker")
    expect(next.status.state).toBe("connected")
  })

  test("every client hears a broadcast, without having subscribed", async () => {
    const { server, connect } = start(form)
    const heard: [string, JsonValue][] = []
    const buses = [await connect("a"), await connect("b")]
    const stops = buses.map((bus) => bus.onBroadcast((value) => void heard.push([bus.id, value])))
    expect(server.broadcast({ maintenance: "at noon" })).toBe(2)
    await Promise.all(buses.map((bus) => bus.list()))
    expect(heard.sort()).toEqual([
      ["a", { maintenance: "at noon" }],
      ["b", { maintenance: "at noon" }],
    ])
    stops[0]?.()
    server.broadcast(null)
    await Promise.all(buses.map((bus) => bus.list()))
    expect(heard.slice(2)).toEqual([["b", null]])
  })
})

test("who has permissions is no operator unless that is said", async () => {
  const denied = start("frames", { attach: [">"] })
  const guest = await denied.connect("guest")
  const worker = await denied.connect("worker")
  await expect(listClients(guest)).rejects.toMatchObject({ code: "forbidden", details: { action: "operate" } })
  await expect(disconnectClient(guest, "worker")).rejects.toMatchObject({ code: "forbidden" })
  expect(worker.status.state).toBe("connected")
  const allowed = start("frames", { operator: true })
  expect(await listClients(await allowed.connect("guest"))).toMatchObject([{ id: "guest" }])
})

test("the streams of a client that is disconnected stay for the window, and its next session goes on under its id", async () => {
  const { server, connect } = start()
  const worker = await connect("worker")
  await worker.open("job")
  const told = ended(worker)
  server.disconnect("worker")
  await told
  expect(server.list()).toMatchObject([{ name: "job", state: "suspended" }])
})

test("what does not fit is refused, and nobody is told or sent away", async () => {
  const { server, connect } = start()
  const worker = await connect("worker")
  const heard: JsonValue[] = []
  worker.onBroadcast((value) => void heard.push(value))
  server.broadcast("x".repeat(3_998))
  expect(() => server.broadcast("x".repeat(3_999))).toThrow(
    expect.objectContaining({ code: "too_large", details: { limit: 4_000 } }),
  )
  expect(() => server.broadcast(undefined as never)).toThrow(expect.objectContaining({ code: "invalid_argument" }))
  expect(() => server.disconnect("worker", "x".repeat(1_025))).toThrow(
    expect.objectContaining({ code: "invalid_argument" }),
  )
  await expect(worker.command("disconnect", { id: 5 })).rejects.toMatchObject({ details: { field: "id" } })
  await expect(worker.command("disconnect", { id: "worker", reason: 5 })).rejects.toMatchObject({
    details: { field: "reason" },
  })
  await worker.list()
  expect(heard).toEqual(["x".repeat(3_998)])
})

test("what was told before the broker closed is heard, in its order", async () => {
  const { server, connect } = start()
  const worker = await connect("worker")
  const heard: JsonValue[] = []
  worker.onBroadcast((value) => void heard.push(value))
  for (let n = 0; n < 3; n++) server.broadcast(n)
  await server.close()
  expect(heard).toEqual([0, 1, 2])
})
