import { ManualClock } from "@luxbus/clock/testing"
import { expect, test } from "vitest"
import { type Connection, type MemoryPair, memoryListener } from "../src/index.ts"
import { ConnectionRecorder } from "../src/testing.ts"

test("a dialled connection reaches whoever listens", async () => {
  const clock = new ManualClock()
  const place = memoryListener({ clock })
  const farSeen = new ConnectionRecorder()
  const requests: unknown[] = []
  const listener = place.listen((connection, request) => {
    requests.push(request)
    connection.start(farSeen)
  })
  const dialling = place.dial()
  clock.advance(0)
  const near = await dialling
  near.start(new ConnectionRecorder())
  near.send("hello")
  clock.settle()
  expect(farSeen.messages).toEqual(["hello"])
  expect(requests).toEqual([{ headers: {}, url: "/", remoteAddress: "memory", secure: false }])
  expect([listener.url, listener.address]).toEqual(["memory:", undefined])
})

test("rejects with connection_lost when nobody listens, or no longer", async () => {
  const clock = new ManualClock()
  const place = memoryListener({ clock })
  const dial = () => {
    const dialling = place.dial()
    clock.advance(0)
    return dialling
  }
  await expect(dial()).rejects.toMatchObject({ code: "connection_lost" })
  const accepted: Connection[] = []
  const listener = place.listen((connection) => {
    accepted.push(connection)
    connection.start(new ConnectionRecorder())
  })
  const near = await dial()
  const nearSeen = new ConnectionRecorder()
  near.start(nearSeen)
  await listener.close()
  await expect(dial()).rejects.toMatchObject({ code: "connection_lost" })
  accepted[0]?.send("still open")
  clock.settle()
  expect(nearSeen.messages).toEqual(["still open"])
})

test("takes one listener at a time, and a new one once that closed", async () => {
  const place = memoryListener({ clock: new ManualClock() })
  const first = place.listen(() => undefined)
  expect(() => place.listen(() => undefined)).toThrow(expect.objectContaining({ code: "invalid_state" }))
  await first.close()
  place.listen(() => undefined)
  await first.close()
  expect(() => place.listen(() => undefined)).toThrow(expect.objectContaining({ code: "invalid_state" }))
})

test("rejects with cancelled when the signal fires before or while dialling, and leaves no timer", async () => {
  const clock = new ManualClock()
  const place = memoryListener({ clock, latencyMs: 10 })
  place.listen(() => expect.unreachable())
  const before = place.dial({ signal: AbortSignal.abort("early") })
  await expect(before).rejects.toMatchObject({ code: "cancelled", cause: "early" })
  const controller = new AbortController()
  const during = place.dial({ signal: controller.signal })
  clock.advance(5)
  controller.abort("late")
  await expect(during).rejects.toMatchObject({ code: "cancelled", cause: "late" })
  expect(clock.pendingTimers).toBe(0)
})

test("closes a connection whose taker threw, and the dialling side sees 1011", async () => {
  const clock = new ManualClock()
  const place = memoryListener({ clock })
  place.listen(() => {
    throw new Error("no room")
  })
  const dialling = place.dial()
  clock.advance(0)
  const nearSeen = new ConnectionRecorder()
  const near = await dialling
  near.start(nearSeen)
  clock.advance(1)
  expect(nearSeen.closes).toEqual([{ code: 1011, reason: "internal error" }])
})

test("hands every link to whoever wants to set faults on it", async () => {
  const clock = new ManualClock()
  const pairs: MemoryPair[] = []
  const place = memoryListener({ clock, onPair: (pair) => pairs.push(pair) })
  place.listen((connection) => connection.start(new ConnectionRecorder()))
  const dialling = place.dial()
  clock.advance(0)
  const nearSeen = new ConnectionRecorder()
  const near = await dialling
  near.start(nearSeen)
  pairs[0]?.cut()
  clock.advance(1)
  expect(pairs[0]?.near).toBe(near)
  expect(nearSeen.closes[0]?.error?.code).toBe("connection_lost")
})

declare const AbortSignal: { abort(reason: unknown): import("../src/index.ts").AbortSignalLike }
declare const AbortController: new () => {
  readonly signal: import("../src/index.ts").AbortSignalLike
  abort(reason: unknown): void
}
