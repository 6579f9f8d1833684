import { Bus, platformSha256 } from "@luxbus/client"
import { createStreams } from "@luxbus/client/streams"
import { ManualClock, SeededRandom } from "@luxbus/clock/testing"
import { checkView, judgeView, MemberRecord, runMember } from "./channel-member.ts"
import type { ChannelPlan, MemberPlan } from "./channel-plan.ts"
import { askChannel } from "./consumer.ts"
import { judgeRequest } from "./judge-request.ts"
import { Provider } from "./provider.ts"
import { RequestRecord } from "./request-record.ts"
import type { SubjectRun } from "./topic.ts"
import type { World } from "./world.ts"

/** A window, in which those that were killed are waited for, and all that was to be found out before. */
const SETTLING_MS = 300_000

/** On the slowest link: until everybody knows that one has left. */
const GOODBYE_MS = 30_000

/** A channel under way. */
export interface ChannelRun extends SubjectRun {
  /** Looks at what its members are told now. */
  check(): void
}

/** Registers, asks and answers in a channel, as planned. */
export function runChannel(world: World, plan: ChannelPlan): ChannelRun {
  const members = plan.members.map((member) => new MemberRecord(member, world.participant(member.client)))
  const requests = plan.requests.map((request, n) => new RequestRecord(plan.name, n, request))
  const byName = new Map(requests.map((request) => [request.name, request]))
  const judged = new AbortController()
  let leave = () => {}
  const over = new Promise<void>((resolve) => {
    leave = resolve
  })
  const provider = (record: MemberRecord) => new Provider(world, record, byName)
  const parts = { world, channel: plan.name, records: members, provider, judged: judged.signal, over }
  for (const record of members)
    void world.tasks.run(record.name, record.participant.clock, (task) => runMember(parts, record, task))
  for (const record of requests) {
    const { clock } = world.participant(record.plan.client)
    void world.tasks.run(record.name, clock, (task) => askChannel(world, { record, members, requests }, task))
  }
  let calm = () => {}
  const isCalm = new Promise<void>((resolve) => {
    calm = resolve
  })
  const clock = world.time.process("audit")
  void world.tasks.run(`${plan.name} audit`, clock, async (task) => {
    await isCalm
    await clock.sleep(SETTLING_MS)
    task.at("auditing")
    for (const record of members) {
      const { channel, participant } = record
      if (channel === undefined || participant.killed) continue
      judgeView(world, members, record.name, record.plan.role, channel.members())
    }
    judged.abort()
    for (const role of ["consumer", "provider"] as const) await audit(world, plan, members, role)
    for (const request of requests) judgeRequest(world, request, members)
    leave()
  })
  return {
    check: () => {
      for (const record of members) checkView(world, record)
    },
    calm,
  }
}

/** Whoever comes last is told of the same members: what the broker has is what everybody knows. */
async function audit(
  world: World,
  plan: ChannelPlan,
  members: readonly MemberRecord[],
  role: MemberPlan["role"],
): Promise<void> {
  const isFree = (id: string) => !members.some(({ plan, isIn }) => isIn && plan.client === id && plan.role === role)
  const auditor = world.participants.find(({ id, killed }) => !killed && isFree(id))
  if (auditor === undefined) return
  const channel = await auditor.bus.channel(plan.name, { role })
  judgeView(world, members, `${auditor.id}, who comes last as a ${role},`, role, channel.members())
  await channel.close()
  await auditor.clock.sleep(GOODBYE_MS)
}

let loading: Promise<unknown> | undefined

/** A bus loads what channels need when they are used first: that takes real time, which no run knows of. */
export function loadChannels(): Promise<unknown> {
  loading ??= load()
  return loading
}

async function load(): Promise<void> {
  const dial = () => new Promise<never>(() => {})
  const parts = {
    clock: new ManualClock(),
    random: new SeededRandom(1),
    createHash: platformSha256(),
    createStreams,
    dial,
  }
  const bus = new Bus(parts, {})
  await bus.channel("any", { signal: AbortSignal.abort() }).catch(() => {})
  await bus.close()
}
