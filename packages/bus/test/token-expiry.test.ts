import { Bus, type BusOptions, platformSha256 } from "@luxbus/client"
import { systemRandom } from "@luxbus/clock"
import { ManualClock } from "@luxbus/clock/testing"
import { BusError } from "@luxbus/packet"
import { createServer, type Principal, type ServerEvent } from "@luxbus/server"
import { memoryListener } from "@luxbus/transport"
import { afterEach, expect, test, vi } from "vitest"
import { jsonDial } from "./json-dial.ts"

const TOKEN_MS = 600_000

const closing: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close()
})

/** A broker whose tokens `t<n>` are good for ten minutes from when they were made, and its clients. */
async function start(form: "frames" | "JSON" = "frames") {
  const clock = new ManualClock()
  const tokens = new Map<string, Principal>()
  const events: ServerEvent[] = []
  const authenticate = ({ token = "" }) => {
    const principal = tokens.get(token)
    if (principal === undefined) throw new BusError("unauthenticated", "unknown")
    return principal
  }
  const random = systemRandom()
  const server = createServer({ authenticate, onEvent: (event) => events.push(event) }, { clock, random })
  const protocol = form === "JSON" ? "luxbus.v1.json" : "luxbus.v1.bin"
  const place = memoryListener({ clock, protocol })
  place.listen(server.accept)
  const pass = async (ms: number) => {
    for (let left = ms; left >= 0; left -= 500) {
      clock.advance(Math.min(left, 500))
      for (let i = 0; i < 20; i++) await Promise.resolve()
    }
    await vi.dynamicImportSettled()
    clock.settle()
  }
  closing.push(async () => {
    const closed = server.close({ drainMs: 0 })
    await pass(1_000)
    await closed
  })
  return {
    ...{ clock, server, events, pass },
    make(id = "ci", lifeMs = TOKEN_MS): string {
      const token = `t${tokens.size}`
      tokens.set(token, { id, expiresAtMs: clock.wallNow() + lifeMs })
      return token
    },
    connect(options: BusOptions): Bus {
      const dial = form === "JSON" ? jsonDial(place.dial) : place.dial
      const bus = new Bus({ clock, random, createHash: platformSha256(), dial }, { id: "ci", ...options })
      bus.connected.catch(() => {})
      closing.push(() => bus.close())
      return bus
    },
  }
}

const welcomes = (events: readonly ServerEvent[]) => events.filter(({ type }) => type === "client-welcomed").length

test.each(["frames", "JSON"] as const)(
  "in %s a client that can get tokens stays connected over many of them, and its streams go on",
  async (form) => {
    const { pass, make, connect, events } = await start(form)
    let got = 0
    const bus = connect({
      getToken: () => {
        got++
        return make()
      },
    })
    await pass(100)
    const opening = bus.open("job")
    await pass(1_000)
    const stream = await opening
    for (let n = 0; n < 6; n++) {
      void stream.main.write(`${n}`)
      await pass(TOKEN_MS / 2)
    }
    const ended = stream.end()
    const text = bus.attach("job").main.text()
    await pass(1_000)
    await ended
    expect(await text).toBe("012345")
    expect([welcomes(events), bus.status.state]).toEqual([1, "connected"])
    // Half an hour of tokens that are good for ten minutes, renewed a minute ahead.
    expect(got).toBe(4)
  },
)

test("a client with a fixed token ends with unauthenticated when that expires", async () => {
  const { pass, make, connect, events } = await start()
  const bus = connect({ token: make() })
  await pass(TOKEN_MS - 1_000)
  expect(bus.status.state).toBe("connected")
  await pass(2_000)
  expect(bus.status).toMatchObject({ state: "closed", error: { code: "unauthenticated" } })
  expect(events.find(({ type }) => type === "client-refused")).toMatchObject({ error: { code: "unauthenticated" } })
})

test("a client that got no token ahead of time comes back with one later, and its streams go on", async () => {
  const { pass, make, connect, events } = await start()
  let hasToken = true
  let asked = 0
  const bus = connect({
    getToken: () => {
      asked++
      if (!hasToken) throw new Error("the network is away")
      return make()
    },
  })
  await pass(100)
  const opening = bus.open("job")
  await pass(1_000)
  const stream = await opening
  void stream.main.write("before ")
  hasToken = false
  await pass(TOKEN_MS)
  expect(bus.status.state).toBe("suspended")
  // Asked for ahead of time again and again, but not without a pause.
  expect(asked).toBeGreaterThan(3)
  expect(asked).toBeLessThan(80)
  void stream.main.write("after")
  hasToken = true
  await pass(5_000)
  const ended = stream.end()
  await pass(1_000)
  await ended
  expect([bus.status.state, welcomes(events)]).toEqual(["connected", 2])
  const text = bus.attach("job").main.text()
  await pass(1_000)
  expect(await text).toBe("before after")
})

test("a token of another principal's does not renew, and interrupts nothing before its time", async () => {
  const { pass, make, connect, events } = await start()
  let owner = "ci"
  const bus = connect({ getToken: () => make(owner) })
  await pass(100)
  owner = "somebody"
  await pass(TOKEN_MS - 2_000)
  expect([bus.status.state, welcomes(events)]).toEqual(["connected", 1])
  await pass(3_000)
  expect(bus.status).toMatchObject({ state: "closed", error: { code: "forbidden" } })
})

test("a closed bus leaves no timer", async () => {
  const { clock, pass, make, connect, server } = await start()
  const bus = connect({ getToken: () => make() })
  await pass(1_000)
  await bus.close()
  await pass(1_000)
  const closed = server.close()
  await pass(1_000)
  await closed
  expect(clock.pendingTimers).toBe(0)
})
