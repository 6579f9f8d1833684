import { BusError } from "@luxbus/packet"
import { expect, test } from "vitest"
import { Waiters } from "../src/waiters.ts"

test("wakes everyone who waits, and nobody who comes later", async () => {
  const waiters = new Waiters()
  const first = waiters.wait()
  const second = waiters.wait()
  waiters.wake()
  await Promise.all([first, second])
  void waiters.wait()
  expect(waiters.size).toBe(1)
})

test("rejects with cancelled when the signal aborts, and forgets the caller", async () => {
  const waiters = new Waiters()
  const abort = new AbortController()
  const waiting = waiters.wait(abort.signal)
  abort.abort("enough")
  await expect(waiting).rejects.toMatchObject({ code: "cancelled", cause: "enough" })
  expect(waiters.size).toBe(0)
  await expect(waiters.wait(abort.signal)).rejects.toMatchObject({ code: "cancelled" })
})

test("rejects everyone when the owner ends", async () => {
  const waiters = new Waiters()
  const waiting = waiters.wait()
  waiters.fail(new BusError("closed", "over"))
  await expect(waiting).rejects.toMatchObject({ code: "closed" })
})
