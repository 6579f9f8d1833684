import { BusError, type ErrorCode } from "@luxbus/packet"
import { CloseCode } from "@luxbus/transport"
import { describe, expect, test } from "vitest"
import { errorOfClose, LossPolicy } from "../src/loss-policy.ts"

const FINAL: readonly ErrorCode[] = ["forbidden", "id_taken", "replaced", "closed", "unsupported", "invalid_argument"]
const PASSING: readonly ErrorCode[] = [
  "connection_lost",
  "going_away",
  "rate_limited",
  "timeout",
  "protocol",
  "internal",
]
const of = (code: ErrorCode) => new BusError(code, "")
const fault = { code: CloseCode.protocol, reason: "" }
const lost = { code: CloseCode.lost, reason: "" }

describe("a lost connection ends the session", () => {
  test("with the errors that another attempt cannot mend, and with no others", () => {
    const policy = new LossPolicy({ renewsToken: true, retryInitial: true })
    for (const first of [true, false]) {
      for (const code of FINAL) expect([code, policy.isFinal(of(code), first)]).toEqual([code, true])
      for (const code of PASSING) expect([code, policy.isFinal(of(code), first)]).toEqual([code, false])
    }
  })

  test("before the first one was there, whatever the error, unless told to go on", () => {
    expect(new LossPolicy({ renewsToken: true, retryInitial: false }).isFinal(of("connection_lost"), true)).toBe(true)
    expect(new LossPolicy({ renewsToken: true, retryInitial: true }).isFinal(of("connection_lost"), true)).toBe(false)
  })

  test("as unauthenticated, unless a new token can be had", () => {
    const renews = new LossPolicy({ renewsToken: true, retryInitial: true })
    expect(renews.isFinal(of("unauthenticated"), false)).toBe(false)
    expect(renews.isFinal(of("unauthenticated"), true)).toBe(true)
    const fixed = new LossPolicy({ renewsToken: false, retryInitial: true })
    expect(fixed.isFinal(of("unauthenticated"), false)).toBe(true)
  })

  test("at the second framing fault in a row", () => {
    const policy = new LossPolicy({ renewsToken: false, retryInitial: false })
    policy.closed(fault, 100)
    expect(policy.isFinal(of("protocol"), false)).toBe(false)
    policy.closed(lost, 100)
    policy.closed(fault, 100)
    expect(policy.isFinal(of("protocol"), false)).toBe(false)
    policy.closed(fault, 100)
    expect(policy.isFinal(of("protocol"), false)).toBe(true)
  })

  test("but a fault after two good minutes is the first again", () => {
    const policy = new LossPolicy({ renewsToken: false, retryInitial: false })
    for (let i = 0; i < 5; i++) policy.closed(fault, 120_000)
    expect(policy.isFinal(of("protocol"), false)).toBe(false)
  })
})

test("a close says why in the words of this side's errors", () => {
  expect(errorOfClose({ ...lost, error: of("replaced") }).code).toBe("replaced")
  expect(errorOfClose(lost).code).toBe("connection_lost")
  expect(errorOfClose({ code: 1001, reason: "" }).code).toBe("going_away")
  const framing = errorOfClose({ code: 1002, reason: "a frame has an unknown type" })
  expect([framing.code, framing.message]).toEqual(["protocol", "The broker closed: a frame has an unknown type."])
})
