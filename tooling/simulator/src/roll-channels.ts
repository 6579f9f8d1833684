import type { ChannelPlan, MemberPlan, RequestPlan, StayPlan } from "./channel-plan.ts"
import { Dice } from "./dice.ts"
import type { FaultPlan, Plan } from "./plan.ts"
import { rollGroupPlan } from "./roll-groups.ts"

const KIB = 1024
/** When the last request is made, at the latest. */
const MAX_BEGIN_MS = 20_000
const HOUR_MS = 3_600_000

/** Rolls a run of which some at one broker have channels, too: with dice of its own, on top of {@link rollGroupPlan}. */
export function rollChannelPlan(seed: number): Plan {
  const base = rollGroupPlan(seed)
  const dice = new Dice(seed).fork("channels")
  // Channels are per broker: members that move are strangers to those that did not.
  if (base.brokers !== undefined || !dice.chance(0.25)) return base
  const channels = times(dice.between(1, 2), (n) => rollChannel(dice, base, `channel.${n}`))
  // The rest of such a run is small, so that what it takes goes into channels.
  const deaths = channels.flatMap(({ members }) => (dice.chance(0.35) ? rollDeath(dice, base, members) : []))
  return {
    ...base,
    jobs: base.jobs.slice(0, 1),
    duplexes: base.duplexes.slice(0, 1),
    channels,
    faults: [...base.faults, ...deaths].sort((a, b) => a.atMs - b.atMs),
  }
}

/** A provider is killed while it is asked. */
function rollDeath(dice: Dice, { calmAtMs }: Plan, members: readonly MemberPlan[]): readonly FaultPlan[] {
  const providers = members.filter(({ role }) => role === "provider")
  if (providers.length === 0) return []
  const atMs = dice.between(0, Math.min(calmAtMs, MAX_BEGIN_MS) - 1)
  const reviveAfterMs = dice.chance(0.5) ? Math.min(calmAtMs - atMs, dice.skewed(1, 8_000)) : undefined
  return [{ atMs, kind: "kill", client: dice.pick(providers).client, reviveAfterMs }]
}

function times<T>(count: number, make: (n: number) => T): readonly T[] {
  return Array.from({ length: count }, (_, n) => make(n))
}

function rollChannel(dice: Dice, plan: Plan, name: string): ChannelPlan {
  const ids = plan.clients.map(({ id }) => id)
  // Providers that come and go all the time meet requests as they leave.
  const flaps = dice.chance(0.25)
  const of = (role: MemberPlan["role"], share: number) =>
    ids
      .filter(() => dice.chance(share))
      .map((client) => rollMember(dice, plan, { name, client, role, flaps: flaps && role === "provider" }))
  return {
    name,
    members: [...of("provider", 0.6), ...of("consumer", 0.7)],
    requests: times(flaps ? 24 : dice.skewed(1, 24), () => rollRequest(dice, plan, flaps ? 3_000 : MAX_BEGIN_MS)),
  }
}

function rollStay(dice: Dice, calmAtMs: number): StayPlan {
  return {
    afterMs: dice.chance(0.4) ? 0 : dice.skewed(1, 5_000),
    forMs: dice.chance(0.6) ? Number.POSITIVE_INFINITY : dice.skewed(1, calmAtMs),
  }
}

function rollShortStay(dice: Dice): StayPlan {
  return { afterMs: dice.skewed(1, 200), forMs: dice.skewed(10, 300) }
}

function rollMember(
  dice: Dice,
  { calmAtMs }: Plan,
  { name, client, role, flaps }: { readonly flaps: boolean } & Pick<MemberPlan, "name" | "client" | "role">,
): MemberPlan {
  const stay = (): StayPlan => (flaps ? rollShortStay(dice) : rollStay(dice, calmAtMs))
  return {
    name: `${name} ${role}`,
    client,
    role,
    capacity: dice.skewed(1, 16),
    concurrency: dice.between(1, 4),
    pulls: dice.chance(0.5),
    stays: times(flaps ? 16 : dice.skewed(1, 6), stay),
  }
}

function rollRequest(dice: Dice, { clients, calmAtMs }: Plan, maxAtMs: number): RequestPlan {
  const ids = clients.map(({ id }) => id)
  const bytes = () => (dice.chance(0.2) ? dice.skewed(16, 200 * KIB) : dice.skewed(16, 2 * KIB))
  const answer = dice.weighted({ reply: 7, fail: 1.5, never: 1 })
  const waitsLong = dice.chance(0.4)
  const form = dice.chance(0.3) ? "stream" : "value"
  // Who waits for ever for what never comes must give up; a stream has no time to be answered in.
  const givesUp = dice.chance(0.2) || (answer === "never" && (waitsLong || form === "stream"))
  return {
    client: dice.pick(ids),
    atMs: dice.between(0, Math.min(calmAtMs, maxAtMs)),
    form,
    bytes: bytes(),
    replyBytes: bytes(),
    text: dice.chance(0.6),
    messages: dice.skewed(1, 20),
    errorMessages: dice.between(0, 5),
    timeoutMs: waitsLong ? HOUR_MS : dice.skewed(100, 60_000),
    waitForProviderMs: dice.chance(0.5) ? 0 : dice.skewed(10, 30_000),
    givesUpAfterMs: givesUp ? dice.skewed(1, 60_000) : Number.POSITIVE_INFINITY,
    ...(dice.chance(0.25) && { to: dice.pick(ids) }),
    answer,
    workMs: dice.chance(0.5) ? 0 : dice.skewed(1, 10_000),
  }
}
