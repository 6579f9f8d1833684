import type { Outcome } from "@luxbus/packet"
import { halfOf, MAX_JSON_UNITS } from "./fit-text.ts"

const TEXTS = ["message", "reason", "code", "signal"] as const

/**
 * Shortens an outcome's texts, the longest first, until it fits into a control frame: a failure with a long message
 * must still be told.
 */
export function fitOutcome(outcome: Outcome): Outcome {
  let fitted = outcome
  while (JSON.stringify(fitted).length > MAX_JSON_UNITS) {
    const longest = TEXTS.reduce((a, b) => ((fitted[a]?.length ?? 0) >= (fitted[b]?.length ?? 0) ? a : b))
    fitted = { ...fitted, [longest]: halfOf(fitted[longest] ?? "") }
  }
  return fitted
}
