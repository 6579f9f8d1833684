import { describe, expect, test } from "vitest"
import { FAILED_SEEDS } from "../src/failed-seeds.ts"
import { formatFailure } from "../src/format-failure.ts"
import { rollPlan } from "../src/roll-more.ts"
import { simulate } from "../src/simulation.ts"

const SEEDS = 120

async function failureOf(seed: number): Promise<string | undefined> {
  const report = await simulate(rollPlan(seed))
  return report.findings.length === 0 ? undefined : formatFailure(report)
}

describe("every stream ends as it should, or says why, on the system of", () => {
  test.each(Array.from({ length: SEEDS }, (_, n) => n + 1))("seed %i", async (seed) => {
    expect(await failureOf(seed)).toBe(undefined)
  })
})

describe("does not happen again:", () => {
  test.each(FAILED_SEEDS)("$reason (seed $seed)", async ({ seed }) => {
    expect(await failureOf(seed)).toBe(undefined)
  })
})
