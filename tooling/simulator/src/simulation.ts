import { loadChannels, runChannel } from "./channel.ts"
import { runDuplex } from "./duplex.ts"
import { Faults } from "./faults.ts"
import { runGroup } from "./group.ts"
import { runHistory } from "./history.ts"
import { runJob } from "./job.ts"
import { judgeMemory, leave } from "./leave.ts"
import type { Plan } from "./plan.ts"
import { runRival } from "./rival.ts"
import { describe } from "./tasks.ts"
import { runTopic, type SubjectRun } from "./topic.ts"
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

/** Members' views are looked at once in so many steps. */
const CHECK_EVERY_STEPS = 16

/** More than the longest pause of a reconnection. */
const RECONNECTION_MS = 60_000

/**
 * Runs a plan to its end: everything in it ended or reported, everybody left, and nothing was kept.
 * @param options.isTold whether the trace tells of every message, too: that is slow
 */
export async function simulate(plan: Plan, options: { readonly isTold?: boolean } = {}): Promise<RunReport> {
  if (plan.channels !== undefined) await loadChannels()
  const world = new World(plan, options)
  const { time, findings, trace } = world
  try {
    await run(world)
  } catch (error) {
    findings.add(`the run was broken off: ${describe(error)}`)
  }
  return { plan, findings: findings.all, trace: trace.lines, virtualMs: time.now(), steps: time.steps }
}

async function run(world: World): Promise<void> {
  const { time, findings, tasks, plan } = world
  const faults = new Faults(world)
  faults.plan()
  const watch = boundsWatch(world)
  const channels = (plan.channels ?? []).map((channel) => runChannel(world, channel))
  const goesOn = () => {
    watch()
    if (time.steps % CHECK_EVERY_STEPS === 0) for (const channel of channels) channel.check()
    return !findings.any
  }
  for (const job of plan.jobs) {
    const record = runJob(world, job)
    for (const rival of plan.rivals ?? []) if (rival.job === job.name) runRival(world, record, rival)
  }
  for (const duplex of plan.duplexes) runDuplex(world, duplex)
  const subjects: SubjectRun[] = [
    ...plan.topics.map((topic) => runTopic(world, topic)),
    ...(plan.groups ?? []).map((group) => runGroup(world, group)),
    ...(plan.histories ?? []).map((history) => runHistory(world, history)),
    ...channels,
  ]

  await time.run(plan.calmAtMs, () => !goesOn())
  faults.end()
  for (const subject of subjects) subject.calm()
  const isOver = await time.run(plan.calmAtMs + PATIENCE_MS, () => !goesOn() || tasks.running.length === 0)
  if (!isOver) for (const { name, doing } of tasks.running) findings.add(`${name} hangs while ${doing}`)
  // What was published without a connection goes out with the next one.
  const isIdle = () => world.living.every(({ bus }) => bus.activeCount === 0)
  if (isOver && !findings.any) await time.run(time.now() + RECONNECTION_MS, () => !goesOn() || isIdle())
  if (!findings.any) judgeMemory(world)
  await leave(world)
}
