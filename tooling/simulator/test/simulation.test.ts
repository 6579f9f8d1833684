import { describe, expect, test } from "vitest"
import { formatFailure } from "../src/format-failure.ts"
import type { JobPlan, Plan, WritePlan } from "../src/plan.ts"
import { rollPlan } from "../src/roll-histories.ts"
import { simulate } from "../src/simulation.ts"

const WRITE: WritePlan = { messages: 5, minBytes: 10, maxBytes: 10, pauseMs: 10, text: false }
const JOB: JobPlan = {
  name: "job",
  writer: "alice",
  openAtMs: 0,
  main: WRITE,
  error: { ...WRITE, messages: 1 },
  ending: "end",
  viewers: [],
}
const IDEAL = { latencyMs: 1, bytesPerSecond: Number.POSITIVE_INFINITY }
const PLAN: Plan = {
  seed: 0,
  broker: { ringBytes: 65_536, keepFinishedMs: 60_000, windowMs: 120_000 },
  clients: [
    { id: "alice", quality: IDEAL },
    { id: "bob", quality: IDEAL },
  ],
  jobs: [],
  duplexes: [],
  topics: [],
  faults: [],
  calmAtMs: 1_000,
}

test("a seed repeats itself, step by step", async () => {
  for (const seed of [1, 3, 18, 19]) {
    const [first, second] = [await simulate(rollPlan(seed)), await simulate(rollPlan(seed))]
    expect(second.trace).toEqual(first.trace)
    expect(second.steps).toBe(first.steps)
  }
})

test("seeds differ", async () => {
  expect(rollPlan(1)).not.toEqual(rollPlan(2))
})

describe("what is wrong is found:", () => {
  test("a viewer that nothing tells of the end hangs, and is named", async () => {
    // Whoever never starts to write is asked for by nobody but this viewer.
    const viewers = [
      {
        name: "viewer",
        client: "bob",
        atMs: 0,
        from: "start",
        wait: true,
        reads: "both",
        listens: true,
        pauseMs: 0,
        stopsAfter: 1,
        // biome-ignore lint/suspicious/noThenProperty: a plan is no promise
        then: "go on",
      },
    ] as const
    const report = await simulate({ ...PLAN, jobs: [{ ...JOB, openAtMs: 10_000_000, viewers }] })
    expect(report.findings).toEqual(["job writer alice hangs while starting", "viewer bob hangs while attaching"])
    expect(formatFailure(report)).toContain("Replay it: pnpm simulate --replay 0")
  })
})
