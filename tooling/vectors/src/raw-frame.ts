import { fromHex } from "./bytes.ts"

const NIL = "00".repeat(16)

/** The parts of a compact frame, each in hexadecimal digits. */
export interface CompactParts {
  readonly mark?: string
  readonly bits?: string
  readonly hop?: string
  readonly alias?: string
  readonly number?: string
  /** Default: that of the payload. */
  readonly length?: string
  readonly payload?: string
}

/** A compact frame, byte by byte: a CHUNK 0 of main on alias 1 without data, but for the parts given. */
export function compactFrame(parts: CompactParts): string {
  const { mark = "c5", bits = "01", hop = "0000", alias = "00000001", number = "0".repeat(16) } = parts
  const payload = (parts.payload ?? "").replaceAll(" ", "")
  return plain(mark, bits, hop, alias, number, parts.length ?? u32(payload.length / 2), payload)
}

/** The parts of a full frame behind its ids, each in hexadecimal digits. */
export interface FullParts {
  readonly version?: string
  readonly type?: string
  readonly hop?: string
  readonly deadline?: string
  /** Default: that of all behind offset 64. */
  readonly length?: string
  readonly lane?: string
  readonly message?: string
  readonly index?: string
  readonly total?: string
  readonly flags?: string
  /** Length of fields. Default: that of the rest. */
  readonly fieldsLength?: string
  readonly rest?: string
}

/** A full frame, byte by byte: a CHUNK 0 of main with nil ids, but for the parts given. */
export function fullFrame(parts: FullParts): string {
  const { version = "02", type = "05", hop = "0002", deadline = "0".repeat(16), lane = "01" } = parts
  const { message = "0".repeat(16), index = "00000000", total = "00000000", flags = "00" } = parts
  const rest = (parts.rest ?? "").replaceAll(" ", "")
  const fieldsLength = parts.fieldsLength ?? u32(rest.length / 2).slice(4)
  const tail = plain(lane, message, "ffffffff", index, total, flags, "00000000", fieldsLength, rest)
  return plain(version, type, hop, NIL, NIL, NIL, deadline, parts.length ?? u32(tail.length / 2), tail)
}

/** Control of alias 1, or of the connection, with these fields. */
export function controlFrame(payload: string, alias = "00000001"): string {
  return compactFrame({ bits: "03", alias, payload })
}

/** One field. */
export function field(id: string, value: string): string {
  const digits = value.replaceAll(" ", "")
  return plain(id, u32(digits.length / 2).slice(4), digits)
}

/** Text as hexadecimal digits of its UTF-8. */
export function textHex(text: string): string {
  return Buffer.from(text).toString("hex")
}

function u32(value: number): string {
  return value.toString(16).padStart(8, "0")
}

function plain(...digits: readonly string[]): string {
  return Buffer.from(fromHex(...digits)).toString("hex")
}
