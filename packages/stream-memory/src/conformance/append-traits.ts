import { Lane } from "@luxbus/packet"
import type { Run } from "../journal.ts"
import type { TraitTools } from "./journal-conformance.ts"
import { codeOf, detailOf, failureOf, makeRun, plain } from "./runs.ts"

const ALL_BYTES = 1024 * 1024

/** What is appended can be read: order, contiguity, reads from anywhere, limits. */
export function appendTraits({ test, expect }: TraitTools): void {
  test("gives back what was appended, in order, each lane on its own", async (store) => {
    const journal = await store.open("job", 1)
    const main = [makeRun(0, { count: 3 }), makeRun(3), makeRun(4, { count: 2, message: 3 })]
    const error = [makeRun(0, { lane: Lane.error }), makeRun(1, { lane: Lane.error, count: 4 })]
    await journal.append([main[0]!, error[0]!])
    await journal.append([main[1]!])
    await journal.append([error[1]!, main[2]!])
    expect(plain(await journal.read(Lane.main, 0, ALL_BYTES))).toEqual(plain(main))
    expect(plain(await journal.read(Lane.error, 0, ALL_BYTES))).toEqual(plain(error))
    expect(journal.bounds(Lane.main)).toEqual({ first: 0, next: 6, message: 0, costBelow: 0 })
    expect(journal.bounds(Lane.error)).toEqual({ first: 0, next: 5, message: 0, costBelow: 0 })
  })

  test("gives bytes as plain Uint8Array, empty ones too", async (store) => {
    const journal = await store.open("job", 1)
    await journal.append([makeRun(0), makeRun(1, { chunkBytes: 0 })])
    const runs = await journal.read(Lane.main, 0, ALL_BYTES)
    expect(runs.map((run) => run.bytes.constructor)).toEqual([Uint8Array, Uint8Array])
    expect(runs.map((run) => run.bytes.byteLength)).toEqual([8, 0])
  })

  test("reads from the run that holds the number, wherever in it the number lies", async (store) => {
    const journal = await store.open("job", 1)
    const runs = [makeRun(0, { count: 4 }), makeRun(4, { count: 4 }), makeRun(8), makeRun(9, { count: 2 })]
    await journal.append(runs)
    const firstRun = [0, 0, 0, 0, 1, 1, 1, 1, 2, 3, 3]
    for (const [from, index] of firstRun.entries())
      expect(plain(await journal.read(Lane.main, from, ALL_BYTES))).toEqual(plain(runs.slice(index)))
  })

  test("stops before the bytes exceed the limit, but gives one run whatever its size", async (store) => {
    const journal = await store.open("job", 1)
    const runs = [makeRun(0, { chunkBytes: 100 }), makeRun(1, { chunkBytes: 100 }), makeRun(2, { chunkBytes: 50 })]
    await journal.append(runs)
    for (const [maxBytes, count] of [
      [0, 1],
      [99, 1],
      [199, 1],
      [200, 2],
      [249, 2],
      [250, 3],
    ] as const)
      expect((await journal.read(Lane.main, 0, maxBytes)).length).toBe(count)
  })

  test("gives nothing at the tail", async (store) => {
    const journal = await store.open("job", 1)
    expect(await journal.read(Lane.main, 0, ALL_BYTES)).toEqual([])
    await journal.append([makeRun(0, { count: 5 })])
    expect(await journal.read(Lane.main, 5, ALL_BYTES)).toEqual([])
    expect(await journal.read(Lane.error, 0, ALL_BYTES)).toEqual([])
  })

  test("refuses to read what was never appended", async (store) => {
    const journal = await store.open("job", 1)
    await journal.append([makeRun(0)])
    expect(await codeOf(() => journal.read(Lane.main, 2, ALL_BYTES))).toBe("invalid_argument")
    expect(await codeOf(() => journal.read(Lane.error, 1, ALL_BYTES))).toBe("invalid_argument")
  })

  test("refuses a run that leaves a hole or repeats, says what comes next, and takes none of the call", async (store) => {
    const journal = await store.open("job", 1)
    await journal.append([makeRun(0, { count: 3 })])
    for (const wrong of [makeRun(5), makeRun(3), makeRun(0)]) {
      const failure = await failureOf(() => journal.append([makeRun(3), makeRun(0, { lane: Lane.error }), wrong]))
      expect(failure?.code).toBe("invalid_argument")
      expect(detailOf(failure, "next")).toBe(4)
    }
    expect(journal.bounds(Lane.main).next).toBe(3)
    expect(journal.bounds(Lane.error).next).toBe(0)
    await journal.append([makeRun(3)])
    expect((await journal.read(Lane.main, 0, ALL_BYTES)).length).toBe(2)
  })

  test("refuses a malformed run", async (store) => {
    const journal = await store.open("job", 1, { main: 5, error: 0 })
    const malformed: Run[] = [
      { ...makeRun(5), count: 0 },
      { ...makeRun(5), count: 1.5 },
      { ...makeRun(5), message: 6 },
      { ...makeRun(5), message: -1 },
      { ...makeRun(5), cost: -1 },
      { ...makeRun(5), lane: 3 as 1 },
    ]
    for (const run of malformed) expect(await codeOf(() => journal.append([run]))).toBe("invalid_argument")
    expect(journal.bounds(Lane.main).next).toBe(5)
  })

  test("takes appends that do not wait for each other, in the order of the calls", async (store) => {
    const journal = await store.open("job", 1)
    const runs = Array.from({ length: 20 }, (_, i) => makeRun(i * 2, { count: 2 }))
    await Promise.all(runs.map((run) => journal.append([run])))
    expect(plain(await journal.read(Lane.main, 0, ALL_BYTES))).toEqual(plain(runs))
  })

  test("begins at the first numbers that it was opened with", async (store) => {
    const journal = await store.open("job", 1, { main: 100, error: 7 })
    expect(journal.bounds(Lane.main)).toEqual({ first: 100, next: 100, message: 100, costBelow: 0 })
    expect(journal.bounds(Lane.error)).toEqual({ first: 7, next: 7, message: 7, costBelow: 0 })
    expect(await codeOf(() => journal.append([makeRun(0)]))).toBe("invalid_argument")
    await journal.append([makeRun(100, { message: 90 }), makeRun(7, { lane: Lane.error })])
    expect(journal.bounds(Lane.main)).toEqual({ first: 100, next: 101, message: 90, costBelow: 0 })
    expect((await failureOf(() => journal.read(Lane.main, 99, ALL_BYTES)))?.code).toBe("gap")
  })

  test("keeps no array of the caller's and gives out none of its own", async (store) => {
    const journal = await store.open("job", 1)
    const runs = [makeRun(0), makeRun(1)]
    const appended = journal.append(runs)
    runs.length = 0
    runs.push(makeRun(9))
    await appended
    const given = (await journal.read(Lane.main, 0, ALL_BYTES)) as Run[]
    given.length = 0
    const again = await journal.read(Lane.main, 0, ALL_BYTES)
    expect(again.map((run) => run.first)).toEqual([0, 1])
  })

  test("takes an empty call without a change", async (store) => {
    const journal = await store.open("job", 1)
    await journal.append([])
    expect(journal.bounds(Lane.main).next).toBe(0)
  })
}
