import type { BusError } from "@luxbus/packet"
import { expect, test } from "vitest"
import { Delivery, HIGH_WATER, LOW_WATER } from "../src/index.ts"
import { ConnectionRecorder } from "../src/testing.ts"

function delivery() {
  const deferred: (() => void)[] = []
  const faults: BusError[] = []
  const subject = new Delivery({
    defer: (callback) => void deferred.push(callback),
    onFault: (error) => void faults.push(error),
  })
  const settle = () => {
    for (const callback of deferred.splice(0)) callback()
  }
  return { subject, faults, settle }
}

test("reports a drain that came before the handler could be told", () => {
  const { subject, settle } = delivery()
  const seen = new ConnectionRecorder()
  subject.sent(HIGH_WATER)
  subject.drained(0)
  subject.start(seen)
  expect(seen.drains).toBe(0)
  settle()
  expect(seen.drains).toBe(1)
  expect(subject.full).toBe(false)
})

test("forgets an early drain when it filled again since", () => {
  const { subject, settle } = delivery()
  const seen = new ConnectionRecorder()
  subject.sent(HIGH_WATER)
  subject.drained(0)
  subject.sent(HIGH_WATER)
  subject.start(seen)
  settle()
  expect([seen.drains, subject.full]).toEqual([0, true])
  subject.drained(LOW_WATER)
  expect(seen.drains).toBe(0)
  subject.drained(LOW_WATER - 1)
  expect(seen.drains).toBe(1)
})

test("delivers early messages before an early close, and the close once", () => {
  const { subject, settle } = delivery()
  const order: string[] = []
  subject.message("first")
  subject.closed({ code: 1000, reason: "" })
  subject.closed({ code: 1006, reason: "again" })
  subject.start(new ConnectionRecorder((event) => order.push(event)))
  expect(order).toEqual([])
  settle()
  subject.closed({ code: 1006, reason: "late" })
  expect(order).toEqual(["message", "close"])
})

test("a handler that throws at an early message sees no other, and the close carries its error", () => {
  const { subject, faults, settle } = delivery()
  const seen = new ConnectionRecorder((event) => {
    if (event === "message") throw new Error("early fault")
  })
  subject.message("first")
  subject.message("second")
  subject.closed({ code: 1000, reason: "" })
  subject.start(seen)
  settle()
  expect(seen.messages).toEqual(["first"])
  expect(seen.closes).toMatchObject([{ code: 1011, error: { code: "internal" } }])
  expect(faults).toEqual([])
})
