import { BusError } from "@luxbus/packet"
import { expect, test } from "vitest"
import type { BusStream } from "../src/bus-stream.ts"
import { IncomingStreams } from "../src/incoming-streams.ts"

const streamNamed = (name: string, closed: string[] = []) =>
  ({ name, reader: undefined, close: async () => void closed.push(name) }) as unknown as BusStream
const noTimer = { cancel: () => {} }
const events = { onClose: () => {}, onRoom: () => {} }

test("has room until as many wait as may", async () => {
  const incoming = new IncomingStreams("job.*", { maxPending: 1 }, events)
  expect(incoming.hasRoom).toBe(true)
  incoming.push(streamNamed("job.1"), noTimer)
  expect(incoming.hasRoom).toBe(false)
  await incoming.next()
  expect(incoming.hasRoom).toBe(true)
  await incoming.close()
  expect(incoming.hasRoom).toBe(false)
})

test("hands streams out in order of arrival, and says when there is room again", async () => {
  let rooms = 0
  const incoming = new IncomingStreams(">", { maxPending: 2 }, { onClose: () => {}, onRoom: () => rooms++ })
  incoming.push(streamNamed("a"), noTimer)
  incoming.push(streamNamed("b"), noTimer)
  expect((await incoming.next())?.name).toBe("a")
  expect((await incoming.next())?.name).toBe("b")
  expect(rooms).toBe(2)
})

test("wakes who waits for a stream", async () => {
  const incoming = new IncomingStreams(">", { maxPending: 2 }, events)
  const next = incoming.next()
  incoming.push(streamNamed("late"), noTimer)
  expect((await next)?.name).toBe("late")
})

test("closing ends the iteration, refuses what waits and cancels its time-outs", async () => {
  const closed: string[] = []
  let cancelled = 0
  let told = 0
  const incoming = new IncomingStreams(">", { maxPending: 2 }, { onClose: () => told++, onRoom: () => {} })
  incoming.push(streamNamed("waiting", closed), { cancel: () => cancelled++ })
  await incoming.close()
  await incoming.close()
  expect([closed, cancelled, told]).toEqual([["waiting"], 1, 1])
  expect(await incoming.next()).toBeUndefined()
  expect(incoming.hasRoom).toBe(false)
})

test("the end of the session cancels the time-outs of what waits: no timer outlives it", () => {
  let cancelled = 0
  const incoming = new IncomingStreams(">", { maxPending: 2 }, events)
  incoming.push(streamNamed("waiting"), { cancel: () => cancelled++ })
  incoming.fail(new BusError("closed", "over"))
  expect(cancelled).toBe(1)
})
