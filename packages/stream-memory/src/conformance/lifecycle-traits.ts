import { Lane } from "@luxbus/packet"
import type { Journal, MaybePromise } from "../journal.ts"
import type { TraitTools } from "./journal-conformance.ts"
import { codeOf, fill, makeRun, plain } from "./runs.ts"

const OPERATIONS: readonly (readonly [name: string, call: (journal: Journal) => MaybePromise<unknown>])[] = [
  ["append", (journal) => journal.append([makeRun(1)])],
  ["append of nothing", (journal) => journal.append([])],
  ["read", (journal) => journal.read(Lane.main, 0, 1024)],
  ["bounds", (journal) => journal.bounds(Lane.main)],
  ["evict", (journal) => journal.evict(1)],
  ["finish", (journal) => journal.finish({ status: "done", main: 1, error: 0 })],
]

/** Each operation on a journal that is open, closing and closed. */
export function lifecycleTraits({ test, expect }: TraitTools): void {
  for (const [name, call] of OPERATIONS) {
    test(`${name} succeeds on an open journal and fails with closed on a closed one`, async (store) => {
      const journal = await store.open("job", 1)
      await journal.append([makeRun(0)])
      expect(await codeOf(() => call(journal))).toBe(undefined)
      journal.close()
      expect(await codeOf(() => call(journal))).toBe("closed")
    })

    test(`${name} that is under way when the journal closes settles`, async (store) => {
      const journal = await store.open("job", 1)
      await journal.append([makeRun(0)])
      const pending = codeOf(() => call(journal))
      journal.close()
      expect([undefined, "closed"].includes(await pending)).toBe(true)
    })
  }

  test("has what an append confirmed that was under way when it closed, and nothing of one that failed", async (store) => {
    const journal = await store.open("job", 1)
    const pending = [0, 1, 2].map((n) => codeOf(() => journal.append([makeRun(n)])))
    journal.close()
    const confirmed = (await Promise.all(pending)).filter((code) => code === undefined).length
    const reopened = await store.open("job", 1)
    expect(reopened.bounds(Lane.main).next).toBe(confirmed)
  })

  test("closes more than once without a change", async (store) => {
    const journal = await store.open("job", 1)
    journal.close()
    journal.close()
    const reopened = await store.open("job", 1)
    journal.close()
    expect(await codeOf(() => reopened.append([makeRun(0)]))).toBe(undefined)
  })

  test("still tells its outcome and what it holds once closed", async (store) => {
    const journal = await store.open("job", 1)
    await fill(journal, Lane.main, 3, 100)
    await journal.finish({ status: "done", main: 3, error: 0 })
    journal.close()
    expect(journal.outcome).toEqual({ status: "done", main: 3, error: 0 })
    expect(journal.heldBytes).toBe(0)
  })

  test("has its content when opened again, and goes on behind it", async (store) => {
    const journal = await store.open("job", 1)
    const runs = [makeRun(0, { count: 2 }), makeRun(0, { lane: Lane.error }), makeRun(2, { message: 0 })]
    await journal.append(runs)
    journal.close()
    const reopened = await store.open("job", 1, { main: 50, error: 50 })
    expect(plain(await reopened.read(Lane.main, 0, 1024))).toEqual(plain([runs[0]!, runs[2]!]))
    expect(plain(await reopened.read(Lane.error, 0, 1024))).toEqual(plain([runs[1]!]))
    await reopened.append([makeRun(3)])
    expect(reopened.bounds(Lane.main)).toEqual({ first: 0, next: 4, message: 0, costBelow: 0 })
  })
}
