import { runDuplex } from "./duplex.ts"
import { Faults } from "./faults.ts"
import { runJob } from "./job.ts"
import { judgeMemory, leave } from "./leave.ts"
import type { Plan } from "./plan.ts"
import { runTopic, type TopicRun } from "./topic.ts"
import { boundsWatch } from "./watch-bounds.ts"
import { World } from "./world.ts"

/** What became of one run. */
export interface RunReport {
  readonly plan: Plan
  /** What is wrong; empty: nothing. */
  readonly findings: readonly string[]
  /** What happened, in order. */
  readonly trace: readonly string[]
  readonly virtualMs: number
  readonly steps: number
}

/**
 * How long everything may take to end once the faults are over: the windows of 120 s of a client and of a broker after
 * each other, the longest pause of a reconnection, and what is still to be written and read.
 */
const PATIENCE_MS = 600_000

/** Runs a plan to its end: everything in it ended or reported, everybody left, and nothing was kept. */
export async function simulate(plan: Plan): Promise<RunReport> {
  const world = new World(plan)
  const { time, findings, tasks, trace } = world
  const faults = new Faults(world)
  faults.plan()
  const watch = boundsWatch(world)
  const goesOn = () => {
    watch()
    return !findings.any
  }
  for (const job of plan.jobs) runJob(world, job)
  for (const duplex of plan.duplexes) runDuplex(world, duplex)
  const topics: TopicRun[] = plan.topics.map((topic) => runTopic(world, topic))

  await time.run(plan.calmAtMs, () => !goesOn())
  faults.end()
  for (const topic of topics) topic.calm()
  const isOver = await time.run(plan.calmAtMs + PATIENCE_MS, () => !goesOn() || tasks.running.length === 0)
  if (!isOver) for (const { name, doing } of tasks.running) findings.add(`${name} hangs while ${doing}`)
  if (!findings.any) judgeMemory(world)
  await leave(world)
  return { plan, findings: findings.all, trace: trace.lines, virtualMs: time.now(), steps: time.steps }
}
