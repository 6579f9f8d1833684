import { assertSubject } from "@luxbus/packet"
import { expect, test } from "vitest"
import { readableId } from "../src/readable-id.ts"

test("is easy to type, good as a name, and rarely the same", () => {
  const ids = Array.from({ length: 100 }, readableId)
  for (const id of ids) {
    expect(id).toMatch(/^[a-z]+-[a-z]+-\d+$/)
    assertSubject(id)
  }
  expect(new Set(ids).size).toBeGreaterThan(95)
})
