import { expect, test } from "vitest"
import { OutcomePromise } from "../src/outcome-promise.ts"

const OUTCOME = { status: "done", main: 1, error: 0 } as const

test("tells that it is awaited when it is, not when it is merely held", async () => {
  let awaited = 0
  const outcome = new OutcomePromise(Promise.resolve(OUTCOME), () => awaited++)
  await Promise.resolve()
  expect(awaited).toBe(0)
  expect(await outcome).toBe(OUTCOME)
  expect(awaited).toBe(1)
  expect(await outcome.finally(() => {})).toBe(OUTCOME)
  expect(awaited).toBe(2)
})

test("is no unhandled rejection while nobody awaits it", async () => {
  const outcome = new OutcomePromise(Promise.reject(new Error("refused")), () => {})
  await new Promise((resolve) => setImmediate(resolve))
  await expect(outcome).rejects.toThrow("refused")
  expect(await outcome.catch(() => "caught")).toBe("caught")
})
