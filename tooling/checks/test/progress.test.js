import { afterEach, expect, test, vi } from "vitest"
import { Progress, twoAtATime } from "../src/progress.js"

afterEach(() => vi.restoreAllMocks())

test("keeps what fails, goes on, and tells why", async () => {
  vi.spyOn(console, "log").mockImplementation(() => {})
  const told = vi.spyOn(console, "error").mockImplementation(() => {})
  const progress = new Progress()
  expect(await progress.step("first", async () => "fine")).toBe("fine")
  expect(await progress.step("second", () => Promise.reject(new Error("no\nreally not")))).toBeUndefined()
  expect(progress.faults).toEqual(["second fails: see above"])
  expect(told).toHaveBeenCalledWith("  FAILS second\n        no\n        really not")
})

test("works through a list, two pieces at a time, each once", async () => {
  let running = 0
  let most = 0
  /** @type {number[]} */
  const done = []
  await twoAtATime([1, 2, 3, 4, 5], async (item) => {
    running += 1
    most = Math.max(most, running)
    await Promise.resolve()
    running -= 1
    done.push(item)
  })
  expect(most).toBe(2)
  expect(done.sort()).toEqual([1, 2, 3, 4, 5])
})
