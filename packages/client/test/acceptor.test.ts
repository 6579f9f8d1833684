import { BusError } from "@luxbus/packet"
import { expect, test } from "vitest"
import { Acceptor } from "../src/acceptor.ts"
import type { BusStream } from "../src/bus-stream.ts"

const streamNamed = (name: string, closed: string[] = []) =>
  ({ name, reader: undefined, close: async () => void closed.push(name) }) as unknown as BusStream
const noTimer = { cancel: () => {} }
const events = { onClose: () => {}, onRoom: () => {} }

test("has room until as many wait as may", async () => {
  const acceptor = new Acceptor("job.*", { maxPending: 1 }, events)
  expect(acceptor.hasRoom).toBe(true)
  acceptor.push(streamNamed("job.1"), noTimer)
  expect(acceptor.hasRoom).toBe(false)
  await acceptor.next()
  expect(acceptor.hasRoom).toBe(true)
  await acceptor.close()
  expect(acceptor.hasRoom).toBe(false)
})

test("hands streams out in order of arrival, and says when there is room again", async () => {
  let rooms = 0
  const acceptor = new Acceptor(">", { maxPending: 2 }, { onClose: () => {}, onRoom: () => rooms++ })
  acceptor.push(streamNamed("a"), noTimer)
  acceptor.push(streamNamed("b"), noTimer)
  expect((await acceptor.next())?.name).toBe("a")
  expect((await acceptor.next())?.name).toBe("b")
  expect(rooms).toBe(2)
})

test("wakes who waits for a stream", async () => {
  const acceptor = new Acceptor(">", { maxPending: 2 }, events)
  const next = acceptor.next()
  acceptor.push(streamNamed("late"), noTimer)
  expect((await next)?.name).toBe("late")
})

test("closing ends the iteration, refuses what waits and cancels its time-outs", async () => {
  const closed: string[] = []
  let cancelled = 0
  let told = 0
  const acceptor = new Acceptor(">", { maxPending: 2 }, { onClose: () => told++, onRoom: () => {} })
  acceptor.push(streamNamed("waiting", closed), { cancel: () => cancelled++ })
  await acceptor.close()
  await acceptor.close()
  expect([closed, cancelled, told]).toEqual([["waiting"], 1, 1])
  expect(await acceptor.next()).toBeUndefined()
  expect(acceptor.hasRoom).toBe(false)
})

test("the end of the session cancels the time-outs of what waits: no timer outlives it", () => {
  let cancelled = 0
  const acceptor = new Acceptor(">", { maxPending: 2 }, events)
  acceptor.push(streamNamed("waiting"), { cancel: () => cancelled++ })
  acceptor.fail(new BusError("closed", "over"))
  expect(cancelled).toBe(1)
})
