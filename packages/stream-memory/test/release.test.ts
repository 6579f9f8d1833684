import { Lane } from "@luxbus/packet"
import { describe, expect, test } from "vitest"
import { MemoryJournal, MemoryJournalStore, ReceiveMemory, type Run, SendMemory } from "../src/index.ts"

declare const gc: (options: { type: "major"; execution: "async" }) => Promise<void>
declare const process: { memoryUsage(): { heapUsed: number } }

const collect = () => gc({ type: "major", execution: "async" })

/** Makes objects and remembers them weakly: `alive` tells which of them somebody still holds. */
function tracked<T extends object>(make: (n: number) => T) {
  const made: WeakRef<T>[] = []
  return {
    make(n: number): T {
      const object = make(n)
      made[n] = new WeakRef(object)
      return object
    },
    async alive(): Promise<number[]> {
      await collect()
      return made.flatMap((ref, n) => (ref.deref() === undefined ? [] : [n]))
    },
  }
}

const trackedRuns = () =>
  tracked<Run>((n) => ({ lane: Lane.main, first: n, count: 1, message: n, cost: 1, bytes: new Uint8Array(100) }))

describe("lets go of", () => {
  test("sent chunks once they are acknowledged or dropped", async () => {
    const chunks = tracked(() => ({ data: new Uint8Array(10) }))
    const memory = new SendMemory<{ readonly data: Uint8Array }>()
    for (let n = 0; n < 10; n++) memory.append(chunks.make(n))
    memory.acknowledge(3, [[5, 6]])
    memory.dropOldest()
    expect(await chunks.alive()).toEqual([4, 7, 8, 9])
    expect(memory.next).toBe(10)
  })

  test("arrived chunks once they are taken or left out", async () => {
    const chunks = tracked((n) => ({ n }))
    const memory = new ReceiveMemory<{ readonly n: number }>()
    for (const n of [1, 2, 4, 5, 9, 11, 0]) memory.receive(n, chunks.make(n))
    memory.take()
    memory.take()
    memory.leaveOut(3, 5, { n: -1 })
    expect(await chunks.alive()).toEqual([2, 9, 11])
    expect(memory.cum).toBe(6)
  })

  test("runs once they are evicted, and all of them once closed", async () => {
    const runs = trackedRuns()
    const journal = new MemoryJournal({ maxBytes: 1_500 })
    for (let n = 0; n < 20; n++) journal.append([runs.make(n)])
    expect(await runs.alive()).toEqual([17, 18, 19])
    journal.close()
    expect(await runs.alive()).toEqual([])
    expect(journal.heldBytes).toBe(0)
  })

  test("journals once they are removed, and all of them once the store is closed", async () => {
    const runs = trackedRuns()
    const store = new MemoryJournalStore()
    const journals = [0, 1, 2].map((n) => {
      const journal = store.open(`job.${n}`, 1, { main: n, error: 0 })
      journal.append([runs.make(n)])
      return journal
    })
    journals[0]?.close()
    store.remove("job.1", 1)
    expect(await runs.alive()).toEqual([0, 2])
    store.close()
    expect(await runs.alive()).toEqual([])
    expect(journals).toHaveLength(3)
    expect(() => store.lastEpoch("job")).toThrow(expect.objectContaining({ code: "closed" }))
  })

  test("names of removed journals", async () => {
    const store = new MemoryJournalStore()
    const churn = (names: number) => {
      for (let n = 0; n < names; n++) {
        store.open(`job.${n}`, 1)
        store.remove(`job.${n}`, 1)
      }
    }
    churn(1_000)
    await collect()
    const before = process.memoryUsage().heapUsed
    churn(20_000)
    await collect()
    expect(process.memoryUsage().heapUsed - before).toBeLessThan(1_000_000)
    expect(store.lastEpoch("job.1")).toBe(undefined)
  })
})
