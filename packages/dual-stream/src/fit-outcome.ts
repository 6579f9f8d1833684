import { LIMITS, type Outcome } from "@luxbus/packet"

/** What an outcome or a reason may take as JSON, in UTF-16 units: each is at most three bytes of UTF-8. */
const MAX_JSON_UNITS = Math.floor((LIMITS.fieldsBytes - 64) / 3)

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

/** Shortens a text that stands alone in a control frame. */
export function fitText(text: string): string {
  let fitted = text
  while (JSON.stringify(fitted).length > MAX_JSON_UNITS) fitted = halfOf(fitted)
  return fitted
}

function halfOf(text: string): string {
  return text.slice(0, Math.floor(text.length / 2))
}
