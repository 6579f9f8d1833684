import { Lane } from "@luxbus/packet"
import type { JournalStore, MaybePromise } from "../journal.ts"
import type { TraitTools } from "./journal-conformance.ts"
import { codeOf, detailOf, failureOf, makeRun, plain } from "./runs.ts"

const OPERATIONS: readonly (readonly [name: string, call: (store: JournalStore) => MaybePromise<unknown>])[] = [
  ["open", (store) => store.open("other", 1)],
  ["remove", (store) => store.remove("other", 1)],
  ["lastEpoch", (store) => store.lastEpoch("other")],
]

/** Journals by name and epoch, and the store's own life. */
export function storeTraits({ test, expect }: TraitTools): void {
  test("keeps names and epochs apart", async (store) => {
    const keys = [
      ["job", 1],
      ["job", 2],
      ["job.1", 1],
      ["JOB", 1],
    ] as const
    for (const [i, [name, epoch]] of keys.entries()) {
      const journal = await store.open(name, epoch)
      await journal.append([makeRun(0, { count: i + 1 })])
      await journal.finish({ status: "done", main: i + 1, error: 0 })
      journal.close()
    }
    for (const [i, [name, epoch]] of keys.entries()) {
      const journal = await store.open(name, epoch)
      expect(plain(await journal.read(Lane.main, 0, 1024))).toEqual(plain([makeRun(0, { count: i + 1 })]))
      expect(journal.outcome?.main).toBe(i + 1)
    }
  })

  test("tells the highest epoch of a name", async (store) => {
    expect(await store.lastEpoch("job")).toBe(undefined)
    for (const epoch of [7, 4_294_967_295, 9]) await store.open("job", epoch)
    await store.open("other", 12)
    expect(await store.lastEpoch("job")).toBe(4_294_967_295)
    await store.remove("job", 4_294_967_295)
    expect(await store.lastEpoch("job")).toBe(9)
    await store.remove("job", 9)
    await store.remove("job", 7)
    expect(await store.lastEpoch("job")).toBe(undefined)
    expect(await store.lastEpoch("other")).toBe(12)
  })

  test("refuses to open what is open", async (store) => {
    const journal = await store.open("job", 1)
    const failure = await failureOf(() => store.open("job", 1))
    expect(failure?.code).toBe("invalid_state")
    expect(detailOf(failure, "state")).toBe("open")
    expect(await codeOf(() => journal.append([makeRun(0)]))).toBe(undefined)
    expect(await codeOf(() => store.open("job", 2))).toBe(undefined)
  })

  test("refuses an epoch that is not u32 and a first number that is no whole number", async (store) => {
    for (const epoch of [-1, 1.5, 4_294_967_296, Number.NaN])
      expect(await codeOf(() => store.open("job", epoch))).toBe("invalid_argument")
    for (const main of [-1, 1.5, Number.NaN])
      expect(await codeOf(() => store.open("job", 1, { main, error: 0 }))).toBe("invalid_argument")
    expect(await store.lastEpoch("job")).toBe(undefined)
  })

  test("removes a journal, closes it, and begins anew when it is opened again", async (store) => {
    const journal = await store.open("job", 1)
    const neighbour = await store.open("job", 2)
    await neighbour.append([makeRun(0)])
    await journal.append([makeRun(0, { count: 3 })])
    await journal.finish({ status: "done", main: 3, error: 0 })
    await store.remove("job", 1)
    expect(await codeOf(() => journal.read(Lane.main, 0, 1024))).toBe("closed")
    const anew = await store.open("job", 1, { main: 8, error: 0 })
    expect(anew.bounds(Lane.main)).toEqual({ first: 8, next: 8, message: 8, costBelow: 0 })
    expect(anew.outcome).toBe(undefined)
    expect(anew.heldBytes).toBe(0)
    expect(neighbour.bounds(Lane.main).next).toBe(1)
  })

  test("removes what it does not have without a change", async (store) => {
    await store.remove("job", 1)
    const journal = await store.open("job", 1)
    await store.remove("job", 2)
    await store.remove("other", 1)
    expect(await codeOf(() => journal.append([makeRun(0)]))).toBe(undefined)
  })

  for (const [name, call] of OPERATIONS) {
    test(`${name} succeeds on an open store and fails with closed on a closed one`, async (store) => {
      expect(await codeOf(() => call(store))).toBe(undefined)
      store.close()
      expect(await codeOf(() => call(store))).toBe("closed")
    })

    test(`${name} that is under way when the store closes settles`, async (store) => {
      const pending = codeOf(() => call(store))
      store.close()
      expect([undefined, "closed"].includes(await pending)).toBe(true)
    })
  }

  test("closes its open journals with it, and more than once without a change", async (store) => {
    const journal = await store.open("job", 1)
    store.close()
    expect(await codeOf(() => journal.append([makeRun(0)]))).toBe("closed")
    journal.close()
    store.close()
    expect(await codeOf(() => store.lastEpoch("job"))).toBe("closed")
  })
}
