import { SeededRandom } from "@luxbus/clock/testing"
import type { BusError } from "@luxbus/packet"
import { expect, test } from "vitest"
import { clientIdFor, type Principal } from "../src/principal.ts"

const random = new SeededRandom(1)
const codeOf = (principal: Principal, wanted: string): string => {
  try {
    return clientIdFor(principal, wanted, random)
  } catch (error) {
    return (error as BusError).code
  }
}

test("gives who names no id one of its own, different each time", () => {
  const first = clientIdFor({ id: "ci" }, undefined, random)
  expect(first).toMatch(/^ci\/[0-9a-f]{10}$/)
  expect(clientIdFor({ id: "ci" }, undefined, random)).not.toBe(first)
  expect(clientIdFor({ anonymous: true }, undefined, random)).toMatch(/^client\/[0-9a-f]{10}$/)
})

test("lets a principal be itself or one below it, and nobody else", () => {
  expect(codeOf({ id: "ci" }, "ci")).toBe("ci")
  expect(codeOf({ id: "ci" }, "ci/tab-1")).toBe("ci/tab-1")
  expect(codeOf({ id: "ci" }, "cinema")).toBe("forbidden")
  expect(codeOf({ id: "ci" }, "root")).toBe("forbidden")
  expect(codeOf({ anonymous: true }, "whoever")).toBe("whoever")
})

test("refuses what is no name with invalid_argument", () => {
  expect(codeOf({ anonymous: true }, "")).toBe("invalid_argument")
  expect(codeOf({ anonymous: true }, "x".repeat(129))).toBe("invalid_argument")
  expect(codeOf({ anonymous: true }, "a\nb")).toBe("invalid_argument")
})
