import { systemClock } from "@luxbus/clock"
import { ManualClock } from "@luxbus/clock/testing"
import { Lane, MessageWriter } from "@luxbus/packet"
import { expect, test } from "vitest"
import { BrokerAliases } from "../../src/broker-aliases.ts"
import { Epochs } from "../../src/epochs.ts"
import { SubjectTrie } from "../../src/patterns/subject-trie.ts"
import { Topics } from "../../src/topics.ts"

const FEW = 1_000
const MANY = 100_000
/** What memory that no longer fits into the processor's caches may cost; a walk over all would be a hundred times as slow. */
const MOST_TIMES = 12
const ROUNDS = 5
const COUNT = 5_000

/** The best of some rounds, in ns for each of `COUNT`: what else runs meanwhile makes none faster. */
function nsEach(work: (n: number) => void): number {
  const clock = systemClock()
  let best = Number.POSITIVE_INFINITY
  for (let round = 0; round < ROUNDS; round++) {
    const begin = clock.now()
    for (let n = 0; n < COUNT; n++) work(round * COUNT + n)
    best = Math.min(best, clock.now() - begin)
  }
  return (best * 1e6) / COUNT
}

/** Spreads over all of `size`, so that no two that follow each other are neighbours. */
const spread = (n: number, size: number) => (n * 7_919) % size

/** Half of the patterns have a wildcard at the end, half in the middle; each subject has two that match, and `>`. */
function patternsFor(size: number): string[] {
  const own = (n: number) => (n % 2 === 0 ? `task.${n >> 1}.*` : `task.*.progress.${n >> 1}`)
  return [">", ...Array.from({ length: size - 1 }, (_, n) => own(n))]
}

function matching(size: number): number {
  const trie = new SubjectTrie<number>()
  for (const [i, pattern] of patternsFor(size).entries()) trie.add(pattern, i)
  const subjects = Array.from({ length: size }, (_, n) => `task.${n}.progress`)
  let found = 0
  const visit = () => void found++
  const ns = nsEach((n) => trie.match(subjects[spread(n, size)]!, visit))
  expect(found).toBeGreaterThan(COUNT)
  return ns
}

/** A broker's topics, all of them published to, and as many patterns. */
function publishing(size: number): number {
  const clock = new ManualClock()
  const aliases = new BrokerAliases()
  const incarnation = new Uint8Array(8)
  const topics = new Topics(
    { clock, aliases, epochs: new Epochs(clock), incarnation, admit: () => {}, grew: () => {} },
    { ringBytes: 4_096, idleMs: 60_000, policies: [] },
  )
  for (const pattern of patternsFor(size).slice(1)) topics.patterns.get(pattern)
  const all = Array.from({ length: size }, (_, n) => topics.get(`task.${n}.progress`))
  const writer = new MessageWriter()
  writer.chunk(1, Lane.main, 0, 0, 0, new Uint8Array(100))
  const frame = writer.take().slice()
  for (const topic of all) topic.add("publisher", 0, new Uint8Array(1))
  clock.settle()
  const ns = nsEach((n) => {
    const topic = all[spread(n, size)]!
    if (topic.needsOrigin("publisher")) topic.add("publisher", 0, frame.subarray(20))
    else topic.addFrames(frame, 1, 164)
    if (n % 100 === 99) clock.settle()
  })
  topics.close()
  return ns
}

test("a match costs the same, whatever number of patterns there is", () => {
  const [few, many] = [matching(FEW), matching(MANY)]
  expect(many / few, `${few} ns among ${FEW}, ${many} ns among ${MANY}`).toBeLessThan(MOST_TIMES)
})

test("a message costs the same, whatever number of subjects and of subscriptions to others there is", () => {
  const [few, many] = [publishing(FEW), publishing(MANY)]
  expect(many / few, `${few} ns among ${FEW}, ${many} ns among ${MANY}`).toBeLessThan(MOST_TIMES)
})
