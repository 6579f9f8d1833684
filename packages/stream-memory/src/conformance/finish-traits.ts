import { Lane, type Outcome } from "@luxbus/packet"
import type { TraitTools } from "./journal-conformance.ts"
import { codeOf, makeRun } from "./runs.ts"

const DONE: Outcome = { status: "done", main: 3, error: 0 }
const EXPIRED: Outcome = { status: "expired", main: 3, error: 0 }

/** A stream ends once: the first outcome holds. */
export function finishTraits({ test, expect }: TraitTools): void {
  test("has no outcome before it is finished", async (store) => {
    const journal = await store.open("job", 1)
    await journal.append([makeRun(0, { count: 3 })])
    expect(journal.outcome).toBe(undefined)
  })

  test("keeps the first outcome and answers later ones with it", async (store) => {
    const journal = await store.open("job", 1)
    await journal.append([makeRun(0, { count: 3 })])
    expect(await journal.finish(DONE)).toEqual(DONE)
    expect(await journal.finish(EXPIRED)).toEqual(DONE)
    expect(journal.outcome).toEqual(DONE)
  })

  test("lets the first of two calls win that do not wait for each other", async (store) => {
    const journal = await store.open("job", 1)
    expect(await Promise.all([journal.finish(EXPIRED), journal.finish(DONE)])).toEqual([EXPIRED, EXPIRED])
  })

  test("finishes behind the appends that were called before", async (store) => {
    const journal = await store.open("job", 1)
    await Promise.all([journal.append([makeRun(0, { count: 3 })]), journal.finish(DONE)])
    expect(journal.bounds(Lane.main).next).toBe(3)
  })

  test("takes no run after the outcome, and can still be read", async (store) => {
    const journal = await store.open("job", 1)
    await journal.append([makeRun(0, { count: 3 })])
    await journal.finish(DONE)
    expect(await codeOf(() => journal.append([makeRun(3)]))).toBe("invalid_state")
    expect((await journal.read(Lane.main, 0, 1024)).length).toBe(1)
    expect(journal.bounds(Lane.main).next).toBe(3)
  })

  test("keeps the outcome when closed and opened again", async (store) => {
    const journal = await store.open("job", 1)
    const outcome: Outcome = { status: "error", code: "timeout", message: "no answer", main: 0, error: 0 }
    await journal.finish(outcome)
    journal.close()
    const reopened = await store.open("job", 1)
    expect(reopened.outcome).toEqual(outcome)
    expect(await reopened.finish(DONE)).toEqual(outcome)
  })
}
