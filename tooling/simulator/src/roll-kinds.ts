import { Dice } from "./dice.ts"
import type { Plan } from "./plan.ts"

const KIB = 1024

/** Rolls which streams are live, and how urgent they are: with dice of its own, on top of a plan. */
export function rollKinds(plan: Plan): Plan {
  const dice = new Dice(plan.seed).fork("kinds")
  const kind = () => ({
    ...(dice.chance(0.15) && { liveBytes: dice.pick([1, 16, 128, 1_024]) * KIB }),
    ...(dice.chance(0.3) && { urgency: dice.pick(["low", "high"] as const) }),
  })
  return {
    ...plan,
    jobs: plan.jobs.map((job) => ({ ...job, ...kind() })),
    // Of what was left out nobody can tell that it was changed.
    duplexes: plan.duplexes.map((duplex) =>
      duplex.name === plan.tampered?.duplex ? duplex : { ...duplex, opener: { ...duplex.opener, ...kind() } },
    ),
  }
}
