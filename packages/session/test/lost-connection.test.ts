import { describe, expect, test } from "vitest"
import { lastError, setUp } from "./client-and-broker.ts"
import { unreachable } from "./test-broker.ts"
import { run, TestClient } from "./test-client.ts"

describe("a lost connection", () => {
  test("is replaced, for as long as it takes", async () => {
    const { clock, broker, client, session } = setUp()
    let reachable = true
    const flaky = new TestClient(clock, async (options) => (reachable ? broker.place.dial(options) : unreachable()))
    flaky.session.start()
    await run(clock)
    reachable = false
    broker.side.pair.cut()
    await run(clock, 3_600_000, 50)
    expect(flaky.session.status.state).toBe("suspended")
    expect(flaky.session.status.attempts).toBeGreaterThan(200)
    reachable = true
    await run(clock, 30_000)
    expect(flaky.session.status).toEqual({ state: "connected", attempts: 0 })
    expect([client.states, session.status.state]).toEqual([[], "connecting"])
  })

  test("that framing faults end is tried once more: the second in a row ends the session", async () => {
    const { clock, broker, client, session } = setUp()
    session.start()
    await run(clock)
    const breakIt = () => broker.side.session.mux.close(1002, "a frame has an unknown type")
    breakIt()
    await run(clock, 1_000)
    expect(client.states).toEqual(["connected", "suspended", "connected"])
    breakIt()
    await run(clock, 60_000)
    expect(client.states.slice(3)).toEqual(["closed"])
    expect(lastError(client)?.code).toBe("protocol")
    expect([broker.sides.length, clock.pendingTimers]).toEqual([2, 0])
  })

  test("that an other end came between does not count framing faults together", async () => {
    const { clock, broker, client, session } = setUp()
    session.start()
    await run(clock)
    for (let i = 0; i < 3; i++) {
      broker.side.session.mux.close(1002, "a frame has an unknown type")
      await run(clock, 1_000)
      broker.side.pair.cut()
      await run(clock, 1_000)
    }
    expect(session.status.state).toBe("connected")
    expect(client.states.length).toBe(13)
  })

  test("of a broker that goes away is not tried again before the delay that it gave", async () => {
    const { clock, broker, client, session } = setUp()
    session.start()
    await run(clock)
    broker.mux.control(0, 0, { goingAway: { delayMs: 700 } })
    broker.mux.close(1001, "going_away")
    await run(clock, 690)
    expect(broker.sides.length).toBe(1)
    await run(clock, 20)
    expect(broker.sides.length).toBe(2)
    expect(client.statuses[1]).toMatchObject({ state: "suspended", error: { code: "going_away" } })
    // It was for that time only.
    broker.side.pair.cut()
    await run(clock, 300)
    expect(broker.sides.length).toBe(3)
  })

  const delays: [unknown, number][] = [
    [-5, 300],
    ["soon", 300],
    [null, 300],
    [1e300, 120_300],
  ]
  test.each(delays)("a delay of %j is no way to be rid of a client", async (delayMs, withinMs) => {
    const { clock, broker, session } = setUp()
    session.start()
    await run(clock)
    broker.mux.control(0, 0, { goingAway: { delayMs: delayMs as number } })
    broker.mux.close(1001)
    await run(clock, withinMs)
    expect(broker.sides.length).toBe(2)
  })
})
