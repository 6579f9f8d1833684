import { expect, test } from "vitest"
import { TokenRefresh } from "../src/index.ts"
import { setUp as connect } from "./client-and-broker.ts"
import { run } from "./test-client.ts"

/** A connected session whose token is good for so long, and refreshes it. */
async function setUp(lifeMs: number | undefined, getToken: () => string | undefined | Promise<string | undefined>) {
  const { clock, broker, client, session } = connect()
  broker.onHello = (side) => side.session.welcome("alice", lifeMs && clock.wallNow() + lifeMs)
  broker.onCommand = () => (lifeMs === undefined ? {} : { expiresAtMs: clock.wallNow() + lifeMs })
  session.start()
  session.addPart(new TokenRefresh({ clock, session }, { getToken, welcome: {} }))
  await run(clock, 100)
  const shown = () => broker.sides.flatMap(({ commands }) => commands.filter(({ op }) => op === "authenticate"))
  return { clock, broker, client, session, shown }
}

test("shows another token a minute ahead of time, each time", async () => {
  let n = 0
  const { clock, shown } = await setUp(600_000, () => `t${n++}`)
  await run(clock, 539_000)
  expect(shown()).toEqual([])
  await run(clock, 2_000)
  expect(shown()).toMatchObject([{ params: { token: "t0" } }])
  await run(clock, 541_000)
  expect(shown()).toMatchObject([{ params: { token: "t0" } }, { params: { token: "t1" } }])
})

test("of a token that is good for seconds, with a fifth of them left", async () => {
  const { clock, shown } = await setUp(10_000, () => "t")
  await run(clock, 7_800)
  expect(shown()).toHaveLength(0)
  await run(clock, 300)
  expect(shown()).toHaveLength(1)
})

test("does nothing for a token that is good for ever", async () => {
  const { clock, shown } = await setUp(undefined, () => expect.unreachable("nobody asks"))
  await run(clock, 1_000_000)
  expect(shown()).toEqual([])
})

test("begins with the token of a connection that is there already", async () => {
  const { clock, session } = connect()
  session.start()
  await run(clock, 100)
  let asked = 0
  const getToken = () => `${asked++}`
  const welcome = { expiresAtMs: clock.wallNow() + 10_000 }
  session.addPart(new TokenRefresh({ clock, session }, { getToken, welcome }))
  await run(clock, 7_000)
  expect(asked).toBe(0)
  await run(clock, 1_500)
  expect(asked).toBe(1)
})

test("takes an expiry that is no number for none", async () => {
  const { clock, session } = connect()
  session.start()
  await run(clock, 100)
  const getToken = () => expect.unreachable("nobody asks")
  session.addPart(new TokenRefresh({ clock, session }, { getToken, welcome: { expiresAtMs: "soon" } }))
  await run(clock, 100_000)
  expect(session.status.state).toBe("connected")
})

test("asks twice a minute, not more, where by its own clock every token has expired", async () => {
  let asked = 0
  const { clock, session } = await setUp(-3_600_000, () => `${asked++}`)
  await run(clock, 300_000)
  expect(asked).toBeGreaterThan(7)
  expect(asked).toBeLessThan(11)
  expect(session.status.state).toBe("connected")
})

test.each([
  ["has none", () => undefined],
  ["fails", () => Promise.reject(new Error("the network is away"))],
])("tries again where the application %s", async (_why, getToken) => {
  let asked = 0
  const { clock, shown } = await setUp(600_000, () => {
    asked++
    return asked < 3 ? getToken() : "t"
  })
  await run(clock, 600_000)
  expect(shown()).toMatchObject([{ params: { token: "t" } }])
})

test("shows nothing on a connection that it did not ask for, and plans anew on that", async () => {
  let give: (token: string) => void = () => {}
  const { clock, broker, shown } = await setUp(600_000, () => new Promise((resolve) => (give = resolve)))
  await run(clock, 541_000)
  broker.side.pair.cut()
  await run(clock, 5_000)
  expect(broker.sides).toHaveLength(2)
  give("of before")
  await run(clock, 100_000)
  expect(shown()).toEqual([])
  await run(clock, 441_000)
  give("of now")
  await run(clock, 100)
  expect(shown()).toMatchObject([{ params: { token: "of now" } }])
})

test("asks for nothing while there is no connection, and leaves no timer when the session is closed", async () => {
  let asked = 0
  const { clock, broker, session } = await setUp(600_000, () => `${asked++}`)
  broker.onHello = () => {}
  broker.side.pair.cut()
  await run(clock, 700_000)
  expect(asked).toBe(0)
  session.close()
  await run(clock, 100)
  expect(clock.pendingTimers).toBe(0)
})
