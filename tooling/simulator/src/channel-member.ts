import type { Channel, ChannelMember, MemberChange, Service } from "@luxbus/client"
import type { MemberPlan } from "./channel-plan.ts"
import type { Participant } from "./participant.ts"
import type { Provider } from "./provider.ts"
import { codeOf, type Task } from "./tasks.ts"
import type { World } from "./world.ts"

/** What one client is in a channel, in one role, as it comes and goes. */
export class MemberRecord {
  readonly plan: MemberPlan
  readonly name: string
  readonly participant: Participant
  /** Its registration, from when the broker has told it who is there until it begins to leave. */
  channel: Channel | undefined
  /** Where its registration stands: the process of the broker's and the connection that have it. */
  since: { readonly atMs: number; readonly generation: number; readonly cuts: number } | undefined
  /** Whether it registers: others may know before it does. */
  isComing = false
  /** Times that it has registered. */
  registrations = 0
  /** When it last left; before it has: never. */
  leftAtMs = Number.NEGATIVE_INFINITY
  /** How often it was told that one came, by their ids. */
  readonly told = new Map<string, number>()

  constructor(plan: MemberPlan, participant: Participant) {
    this.plan = plan
    this.name = `${plan.name} ${plan.client}`
    this.participant = participant
  }

  /** Whether it is in the channel, for as long as its process lives. */
  get isIn(): boolean {
    return this.channel !== undefined && !this.participant.killed
  }

  /** Whether a broker that says nobody is there to choose is wrong: nothing has happened to it since `atMs`. */
  isSolidSince(atMs: number, { generation }: World): boolean {
    const { since, participant } = this
    if (!this.isIn || since === undefined || since.atMs >= atMs) return false
    return since.generation === generation && since.cuts === participant.link.cuts
  }
}

interface MemberParts {
  readonly world: World
  readonly channel: string
  /** All of the channel. */
  readonly records: readonly MemberRecord[]
  readonly provider: (record: MemberRecord) => Provider
  /** Aborts when everybody's view was judged: who comes then is no member of the plan's. */
  readonly judged: AbortSignal
  /** Everybody leaves. */
  readonly over: Promise<void>
}

/** Registers and leaves as planned. */
export async function runMember(parts: MemberParts, record: MemberRecord, task: Task): Promise<void> {
  const { world, judged, over } = parts
  const { plan, participant } = record
  for (const { afterMs, forMs } of plan.stays) {
    task.at("waiting to come")
    await Promise.race([participant.clock.sleep(afterMs), over])
    if (judged.aborted) return
    const leaves = await register(parts, record, task)
    task.at("being in")
    await (forMs === Number.POSITIVE_INFINITY ? over : Promise.race([participant.clock.sleep(forMs), over]))
    record.channel = undefined
    record.leftAtMs = world.time.now()
    world.trace.note(`${record.name}: leaves`)
    task.at("leaving")
    await leaves()
  }
}

/** @returns leaves the channel */
async function register(parts: MemberParts, record: MemberRecord, task: Task): Promise<() => Promise<void>> {
  const { world, channel: name, provider } = parts
  const { plan, participant } = record
  const { bus, link } = participant
  const { role, capacity, concurrency } = plan
  task.at("registering")
  record.isComing = true
  record.registrations++
  let service: Service | undefined
  let channel: Channel
  const work = role === "provider" ? provider(record) : undefined
  if (work !== undefined && !plan.pulls) {
    service = await bus.serve(name, work.handler, { capacity, concurrency })
    channel = service.channel
  } else {
    channel = await bus.channel(name, { role, capacity })
  }
  const pulling = work !== undefined && plan.pulls ? work.pull(channel) : undefined
  record.isComing = false
  record.channel = channel
  record.since = { atMs: world.time.now(), generation: world.generation, cuts: link.cuts }
  record.told.clear()
  for (const { id } of channel.members()) record.told.set(id, 1)
  world.trace.note(`${record.name}: is in, with ${idsOf(channel.members())}`)
  void watch(parts, record, channel)
  return async () => {
    await (service ?? channel).close()
    await pulling
  }
}

/** Nobody comes back who left as it should and did not register again. */
async function watch({ world, records, judged }: MemberParts, record: MemberRecord, channel: Channel): Promise<void> {
  try {
    for await (const change of channel.watch()) {
      if (record.channel !== channel || record.participant.killed || judged.aborted) return
      changed(world, records, record, change)
    }
  } catch (error) {
    if (!record.participant.killed) world.findings.add(`${record.name} watches no more: ${codeOf(error)}`)
  }
}

function changed(
  world: World,
  records: readonly MemberRecord[],
  record: MemberRecord,
  { type, member: { id, role } }: MemberChange,
): void {
  world.trace.note(`${record.name}: ${id} has ${type}`)
  if (type === "left") return
  const { registrations = 0 } = records.find(({ plan }) => plan.client === id && plan.role === role) ?? {}
  const times = (record.told.get(id) ?? 0) + 1
  record.told.set(id, times)
  // Each process of the broker's begins with nobody.
  const isWrong = times > registrations + world.generation - 1
  if (isWrong) world.findings.add(`${record.name} is told of ${id} ${times} times, which came ${registrations} times`)
}

/** What holds at any time of what each member is told: only of the other role, and of each once. */
export function checkView(world: World, { channel, name, plan, participant }: MemberRecord): void {
  if (channel === undefined || participant.killed || channel.closed) return
  const members = channel.members()
  for (const { id, role } of members)
    if (role === plan.role) world.findings.add(`${name} is told of ${id}, a ${role} as itself`)
  if (new Set(members.map(({ id }) => id)).size < members.length)
    world.findings.add(`${name} is told twice of one of ${idsOf(members)}`)
}

/** Once nothing has happened for longer than a window, everybody is told of exactly those that are in. */
export function judgeView(
  world: World,
  records: readonly MemberRecord[],
  name: string,
  role: MemberPlan["role"],
  members: readonly ChannelMember[],
): void {
  const others = records.filter((record) => record.plan.role !== role && record.isIn)
  const expected = others.map(({ plan }) => `${plan.client} (${plan.capacity})`).sort()
  const told = members.map(({ id, capacity }) => `${id} (${capacity})`).sort()
  world.findings.check(
    told.join() === expected.join(),
    () => `${name} is told of ${told.join(", ") || "nobody"}, and ${expected.join(", ") || "nobody"} is there`,
  )
}

function idsOf(members: readonly ChannelMember[]): string {
  return members.map(({ id }) => id).join(", ") || "nobody"
}

/** Resolves when the signal aborts. */
export function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve()
  return new Promise((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }))
}
