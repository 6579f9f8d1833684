import type { DuplexSide } from "./duplex.ts"
import type { World } from "./world.ts"

/** Whether main is read only when error is over: it was drained meanwhile. */
export function readsMainLate({ plan }: World, side: DuplexSide): boolean {
  return plan.isBase !== true && side.plan.reads === "error"
}
