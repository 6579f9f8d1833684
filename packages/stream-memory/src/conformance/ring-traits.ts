import { chunkCost, Lane } from "@luxbus/packet"
import type { TraitTools } from "./journal-conformance.ts"
import { detailOf, failureOf, fill, makeRun } from "./runs.ts"

/** What exceeds the budget is evicted: whole runs, the oldest first, and a reader is told. */
export function ringTraits({ test, expect, ringBytes }: TraitTools): void {
  const chunkBytes = Math.floor(ringBytes / 8)

  test("stays within its budget by evicting the oldest runs", async (store) => {
    const journal = await store.open("job", 1)
    await fill(journal, Lane.main, 40, chunkBytes)
    const { first, next } = journal.bounds(Lane.main)
    expect(next).toBe(40)
    expect(first >= 32 && first < 38).toBe(true)
    expect(journal.heldBytes <= ringBytes).toBe(true)
    expect(journal.heldBytes >= (next - first) * chunkBytes).toBe(true)
    const runs = await journal.read(Lane.main, first, ringBytes)
    expect(runs.map((run) => run.first)).toEqual(Array.from({ length: next - first }, (_, i) => first + i))
  })

  test("answers a read below the lowest run with a gap that names it", async (store) => {
    const journal = await store.open("job", 1)
    await fill(journal, Lane.main, 40, chunkBytes)
    const { first } = journal.bounds(Lane.main)
    for (const from of [0, first - 1]) {
      const failure = await failureOf(() => journal.read(Lane.main, from, ringBytes))
      expect(failure?.code).toBe("gap")
      expect(detailOf(failure, "first")).toBe(first)
    }
  })

  test("says what the evicted chunks cost and where the lowest chunk's message begins", async (store) => {
    const journal = await store.open("job", 1)
    for (let n = 0; n < 40; n += 2)
      await journal.append([makeRun(n, { count: 2, message: n - (n % 8), chunkBytes: Math.floor(chunkBytes / 2) })])
    const { first, message, costBelow } = journal.bounds(Lane.main)
    expect(first > 0 && first % 2 === 0).toBe(true)
    expect(message).toBe(first - (first % 8))
    expect(costBelow).toBe(first * chunkCost(Math.floor(chunkBytes / 2)))
  })

  test("evicts by age across both lanes", async (store) => {
    const journal = await store.open("job", 1)
    await fill(journal, Lane.main, 4, chunkBytes)
    await fill(journal, Lane.error, 2, chunkBytes)
    await fill(journal, Lane.main, 6, chunkBytes)
    expect(journal.bounds(Lane.main).first > 0).toBe(true)
    expect(journal.bounds(Lane.error).first).toBe(0)
    await fill(journal, Lane.main, 20, chunkBytes)
    const cost = 2 * chunkCost(chunkBytes)
    expect(journal.bounds(Lane.error)).toEqual({ first: 2, next: 2, message: 2, costBelow: cost })
    expect(await journal.read(Lane.error, 2, ringBytes)).toEqual([])
    const failure = await failureOf(() => journal.read(Lane.error, 1, ringBytes))
    expect(detailOf(failure, "first")).toBe(2)
  })

  test("never evicts the newest run, even one that exceeds the budget alone", async (store) => {
    const journal = await store.open("job", 1)
    await fill(journal, Lane.error, 2, chunkBytes)
    await journal.append([makeRun(0, { count: 3, chunkBytes: ringBytes })])
    expect(journal.bounds(Lane.error).first).toBe(2)
    expect((await journal.read(Lane.main, 2, 1)).length).toBe(1)
    await journal.append([makeRun(3)])
    expect(journal.bounds(Lane.main).first).toBe(3)
    expect(journal.heldBytes < ringBytes).toBe(true)
  })

  test("evicts within one call too", async (store) => {
    const journal = await store.open("job", 1)
    await journal.append(Array.from({ length: 40 }, (_, i) => makeRun(i, { chunkBytes })))
    expect(journal.bounds(Lane.main).first >= 32).toBe(true)
    expect(journal.heldBytes <= ringBytes).toBe(true)
  })

  test("lets go of as many of the oldest runs as it is told, even of the newest, and goes on behind them", async (store) => {
    const journal = await store.open("job", 1)
    await fill(journal, Lane.main, 2, 8)
    await fill(journal, Lane.error, 1, 8)
    await fill(journal, Lane.main, 4, 8)
    journal.evict(3)
    expect([journal.bounds(Lane.main).first, journal.bounds(Lane.error).first]).toEqual([2, 1])
    expect(journal.bounds(Lane.main).costBelow).toBe(2 * chunkCost(8))
    const failure = await failureOf(() => journal.read(Lane.main, 1, ringBytes))
    expect([failure?.code, detailOf(failure, "first")]).toEqual(["gap", 2])
    journal.evict(0)
    expect(journal.bounds(Lane.main).first).toBe(2)
    journal.evict(10)
    expect(journal.bounds(Lane.main)).toEqual({ first: 4, next: 4, message: 4, costBelow: 4 * chunkCost(8) })
    expect(journal.heldBytes).toBe(0)
    await fill(journal, Lane.main, 5, 8)
    expect((await journal.read(Lane.main, 4, ringBytes)).length).toBe(1)
  })

  test("keeps its bounds when closed and opened again", async (store) => {
    const journal = await store.open("job", 1)
    await fill(journal, Lane.error, 1, chunkBytes)
    await fill(journal, Lane.main, 40, chunkBytes)
    const bounds = [journal.bounds(Lane.main), journal.bounds(Lane.error)]
    const { heldBytes } = journal
    journal.close()
    const reopened = await store.open("job", 1)
    expect([reopened.bounds(Lane.main), reopened.bounds(Lane.error)]).toEqual(bounds)
    expect(reopened.heldBytes).toBe(heldBytes)
  })
}
