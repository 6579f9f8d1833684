import { BusError, type JsonObject, type JsonValue, LIMITS } from "@luxbus/packet"

/**
 * UTF-16 units of a part. A part travels as a JSON string within a frame's fields: three bytes per unit at most, and
 * what is around it, fit into {@link LIMITS}.fieldsBytes.
 */
const PART_UNITS = 1_200

/**
 * A command's result as the replies that carry it: one, or, where it is long, parts of its JSON text in order.
 * @throws BusError `too_large` beyond {@link LIMITS}.assembledMessageBytes
 */
export function* replyParts(id: number, result: JsonValue): Iterable<JsonObject> {
  const text = JSON.stringify(result)
  if (text.length > LIMITS.assembledMessageBytes) throw tooLarge()
  if (text.length <= PART_UNITS) {
    yield { id, result }
    return
  }
  for (let offset = 0; offset < text.length; offset += PART_UNITS) {
    const part = text.slice(offset, offset + PART_UNITS)
    yield offset + PART_UNITS < text.length ? { id, part, more: true } : { id, part }
  }
}

/** Puts the parts of results together, by command. */
export class ReplyAssembler {
  readonly #parts = new Map<number, { text: string }>()

  /**
   * Takes one part.
   * @returns the result with its last part; undefined before
   * @throws BusError `too_large` beyond {@link LIMITS}.assembledMessageBytes; `protocol` where the whole is no JSON
   */
  take(id: number, part: string, more: boolean): JsonValue | undefined {
    const whole = this.#parts.get(id) ?? { text: "" }
    whole.text += part
    if (whole.text.length > LIMITS.assembledMessageBytes) {
      this.#parts.delete(id)
      throw tooLarge()
    }
    if (more) {
      this.#parts.set(id, whole)
      return undefined
    }
    this.#parts.delete(id)
    try {
      return JSON.parse(whole.text) as JsonValue
    } catch (cause) {
      throw new BusError("protocol", "A result in parts that is no JSON.", { cause })
    }
  }

  /** Nobody waits for this result any more. */
  forget(id: number): void {
    this.#parts.delete(id)
  }

  /** The connection is another: what came of unfinished results will come again. */
  clear(): void {
    this.#parts.clear()
  }
}

function tooLarge(): BusError {
  const limit = LIMITS.assembledMessageBytes
  return new BusError("too_large", `A result has at most ${limit} bytes.`, { details: { limit } })
}
