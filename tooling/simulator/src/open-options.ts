import type { OpenOptions } from "@luxbus/client"
import type { KindPlan } from "./plan.ts"

/** How a stream of this kind is opened. */
export function openOptions({ liveBytes, urgency }: KindPlan): OpenOptions {
  return {
    ...(liveBytes !== undefined && { live: { memoryBytes: liveBytes } }),
    ...(urgency !== undefined && { urgency }),
  }
}
