import type { BrokerCarrier } from "@luxbus/dual-stream"
import { type Fields, HopFlag, Lane } from "@luxbus/packet"
import { expect, test } from "vitest"
import { RelayControl } from "../src/relay-control.ts"

function setUp() {
  const control = new RelayControl()
  const said: { readonly hop: number; readonly fields: Fields }[] = []
  const carrier = {
    wake: () => {},
    start: (_address: number, _header: unknown, fields: Fields) => void said.push({ hop: 0, fields }),
    control: (_address: number, hop: number, fields: Fields) => void said.push({ hop, fields }),
  } satisfies Partial<BrokerCarrier>
  const place = { carrier: carrier as unknown as BrokerCarrier, address: 7 }
  /** Pulls as a connection does that has room for so many statements. */
  const pull = (room = Number.POSITIVE_INFINITY) => {
    let left = room
    const output = {
      get room() {
        return left
      },
      control: (hop: number, fields: Fields) => {
        left--
        said.push({ hop, fields })
      },
    }
    return control.pull(place, output)
  }
  return { control, place, pull, said, fields: () => said.map(({ fields }) => fields) }
}

test("what waits of a lane is said as one statement, the newest of each", () => {
  const { control, place, pull, said } = setUp()
  control.say(place, HopFlag.ackNow, { lane: Lane.main, cum: 3, missing: [[5, 6]] })
  control.say(place, 0, { lane: Lane.error, cum: 1 })
  control.say(place, 0, { lane: Lane.main, cum: 4, credit: 900 })
  expect(pull()).toBe(false)
  expect(said).toEqual([
    { hop: HopFlag.ackNow, fields: { lane: Lane.main, cum: 4, missing: [[5, 6]], credit: 900 } },
    { hop: 0, fields: { lane: Lane.error, cum: 1 } },
  ])
})

test("what is no such statement is said as it is, in its order", () => {
  const { control, place, pull, fields } = setUp()
  const statements: Fields[] = [{ suspended: 5 }, { resumed: true }, { lane: Lane.main, hole: [[1, 2]] }]
  for (const one of [...statements, ...statements]) control.say(place, 0, one)
  pull()
  expect(fields()).toEqual([...statements, ...statements])
})

test("a START takes the place of what was to be said before it, and goes before what comes after", () => {
  const { control, place, pull, fields } = setUp()
  control.say(place, 0, { suspended: 5 })
  control.start(place, { epoch: 1 }, { name: "a" })
  control.start(place, { epoch: 1 }, { name: "a", mainFirst: 4 })
  control.say(place, 0, { resumed: true })
  pull()
  expect(fields()).toEqual([{ name: "a", mainFirst: 4 }, { resumed: true }])
})

test("goes on where there was no room, and forgets the oldest beyond 64", () => {
  const { control, place, pull, fields } = setUp()
  for (let i = 0; i < 70; i++) control.say(place, 0, { suspended: i })
  expect(pull(10)).toBe(true)
  expect(pull()).toBe(false)
  expect(fields()).toEqual(Array.from({ length: 64 }, (_, i) => ({ suspended: i + 6 })))
})

test("says at once what waits when its place is left, and then nothing", () => {
  const { control, place, pull, fields } = setUp()
  control.say(place, 0, { complete: true })
  control.sayAll(place)
  pull()
  expect(fields()).toEqual([{ complete: true }])
})
