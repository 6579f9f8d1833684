import fc from "fast-check"
import { describe, expect, test } from "vitest"
import { BusError, ERROR_TABLE, type ErrorCode, isErrorCode } from "../src/index.ts"

const CODES =
  "connection_lost protocol closed timeout unauthenticated invalid_state peer_lost forbidden rate_limited too_large unsupported id_taken replaced unknown_stream fenced flow_control gap no_provider mailbox_full indeterminate invalid_payload invalid_argument cancelled expired conflict storage going_away internal"

test("the list of codes is closed", () => {
  expect(Object.keys(ERROR_TABLE).sort()).toEqual(CODES.split(" ").sort())
  expect(isErrorCode("timeout")).toBe(true)
  expect(isErrorCode("toString")).toBe(false)
})

test("every code says who raises it, what it means and what to do, in one sentence each", () => {
  for (const row of Object.values(ERROR_TABLE)) {
    expect(row.raisedBy).not.toBe("")
    expect(row.meaning).toMatch(/\.$/)
    expect(row.action).toMatch(/\.$/)
  }
})

describe("BusError", () => {
  test("takes whether it is retryable from the table", () => {
    expect(new BusError("connection_lost", "").retryable).toBe(true)
    expect(new BusError("fenced", "").retryable).toBe(false)
  })

  test("keeps its cause to itself and its details in JSON", () => {
    const cause = new Error("disk")
    const error = new BusError("storage", "append failed", { cause, details: { first: 7 } })
    expect(error.cause).toBe(cause)
    expect(JSON.parse(JSON.stringify(error))).toEqual({
      code: "storage",
      message: "append failed",
      details: { first: 7 },
    })
    expect(new BusError("closed", "gone").toJSON()).toEqual({ code: "closed", message: "gone" })
  })

  test("comes back from JSON as it was", () => {
    const codes = fc.constantFrom(...(Object.keys(ERROR_TABLE) as ErrorCode[]))
    fc.assert(
      fc.property(codes, fc.string(), fc.dictionary(fc.string(), fc.integer()), (code, message, details) => {
        const error = new BusError(code, message, { details })
        expect(BusError.fromJSON(JSON.parse(JSON.stringify(error))).toJSON()).toEqual(
          JSON.parse(JSON.stringify(error.toJSON())),
        )
      }),
    )
  })

  test("is internal, with the code in its details, when this version does not know the code", () => {
    const error = BusError.fromJSON({ code: "too_new", message: "m", details: { a: 1 } })
    expect(error.toJSON()).toEqual({ code: "internal", message: "m", details: { a: 1, code: "too_new" } })
  })

  test("is protocol when the value is malformed, and never throws", () => {
    fc.assert(
      fc.property(fc.anything(), (value) => {
        expect(BusError.fromJSON(value)).toBeInstanceOf(BusError)
      }),
    )
    for (const value of [null, [], "timeout", {}, { code: 1, message: "" }, { code: "timeout" }])
      expect(BusError.fromJSON(value).code).toBe("protocol")
  })
})
