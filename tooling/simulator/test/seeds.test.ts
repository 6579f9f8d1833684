import { availableParallelism } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { expect, test } from "vitest"
import { bundleFolder } from "../src/bundle.mjs"
import { FAILED_SEEDS } from "../src/failed-seeds.ts"
import { formatFailure } from "../src/format-failure.ts"
import { hunt } from "../src/hunt.ts"
import { rollClusterPlan } from "../src/roll-cluster.ts"
import { rollGroupPlan } from "../src/roll-groups.ts"
import { rollPlan } from "../src/roll-histories.ts"
import { rollMorePlan } from "../src/roll-more.ts"
import { rollBasePlan } from "../src/roll-plan.ts"
import { simulate } from "../src/simulation.ts"

const SEEDS = 2_000
const ROLLS = { base: rollBasePlan, more: rollMorePlan, cluster: rollClusterPlan, groups: rollGroupPlan, all: rollPlan }
const PACKAGE = fileURLToPath(new URL("..", import.meta.url))

test(`every stream ends as it should, or says why, on ${SEEDS} systems`, { timeout: 600_000 }, async () => {
  const { folder, remove } = await bundleFolder(PACKAGE)
  const failures: string[] = []
  let seed = 1
  let done = 0
  try {
    await hunt({
      folder,
      sources: join(PACKAGE, "src"),
      workers: availableParallelism(),
      next: () => (seed <= SEEDS ? seed++ : undefined),
      onResult: ({ failure }) => {
        done++
        if (failure !== undefined) failures.push(failure.text)
      },
    })
  } finally {
    await remove()
  }
  expect(failures).toEqual([])
  expect(done).toBe(SEEDS)
})

test.each(FAILED_SEEDS)("it does not happen again: $reason (seed $seed)", async ({ seed, rolledBy }) => {
  const report = await simulate(ROLLS[rolledBy](seed))
  expect(report.findings.length === 0 ? "" : formatFailure(report)).toBe("")
})
