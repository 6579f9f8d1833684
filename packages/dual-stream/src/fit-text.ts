import { LIMITS } from "@luxbus/packet"

/** What an outcome or a reason may take as JSON, in UTF-16 units: each is at most three bytes of UTF-8. */
export const MAX_JSON_UNITS: number = Math.floor((LIMITS.fieldsBytes - 64) / 3)

/** Shortens a text that stands alone in a control frame. */
export function fitText(text: string): string {
  let fitted = text
  while (JSON.stringify(fitted).length > MAX_JSON_UNITS) fitted = halfOf(fitted)
  return fitted
}

/** The first half of a text. */
export function halfOf(text: string): string {
  return text.slice(0, Math.floor(text.length / 2))
}
