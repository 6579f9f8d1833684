import {
  assertName,
  assertPattern,
  assertSubject,
  BusError,
  isJsonObject,
  type JsonObject,
  type JsonValue,
} from "@luxbus/packet"

/** Parameters of a command, checked by hand. Each failure is `invalid_argument` and names the field. */
export class Params {
  readonly #values: Readonly<Record<string, JsonValue | undefined>>

  constructor(values: JsonValue) {
    if (values !== null && !isJsonObject(values)) throw new BusError("invalid_argument", "params are an object")
    this.#values = (values ?? {}) as JsonObject
  }

  value(field: string): JsonValue | undefined {
    return this.#values[field]
  }

  name(field: string): string {
    const value = this.#string(field)
    inField(field, () => assertName(value, field))
    return value
  }

  subject(field: string): string {
    const value = this.#string(field)
    inField(field, () => assertSubject(value))
    return value
  }

  /** A subject, or a pattern of subjects. */
  pattern(field: string): string {
    const value = this.#string(field)
    inField(field, () => assertPattern(value))
    return value
  }

  optionalString(field: string): string | undefined {
    return this.#values[field] === undefined ? undefined : this.#string(field)
  }

  optionalBoolean(field: string): boolean {
    const value = this.#values[field] ?? false
    if (typeof value !== "boolean") throw invalid(field, "is true or false")
    return value
  }

  /** A whole number from 0. */
  number(field: string): number {
    const value = this.#values[field]
    if (!Number.isSafeInteger(value) || (value as number) < 0) throw invalid(field, "is a whole number from 0")
    return value as number
  }

  /** A whole number from the range, both included; `fallback` where there is none. */
  optionalNumber(field: string, fallback: number, [least, most]: readonly [number, number]): number {
    if (this.#values[field] === undefined) return fallback
    const value = this.number(field)
    if (value < least || value > most) throw invalid(field, `is a whole number from ${least} to ${most}`)
    return value
  }

  #string(field: string): string {
    const value = this.#values[field]
    if (typeof value !== "string") throw invalid(field, "is a string")
    return value
  }
}

/** Whether a subject has a token that stands for others. */
export function isPattern(subject: string): boolean {
  const tokens = subject.split(".")
  return tokens.includes("*") || tokens.includes(">")
}

function invalid(field: string, why: string): BusError {
  return new BusError("invalid_argument", `${field} ${why}`, { details: { field } })
}

function inField(field: string, check: () => void): void {
  try {
    check()
  } catch (error) {
    throw error instanceof BusError ? new BusError(error.code, error.message, { details: { field } }) : error
  }
}
