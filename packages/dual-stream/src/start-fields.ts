import type { Fields } from "@luxbus/packet"
import type { WriterOptions } from "./writer-contract.ts"

/** What a START says beside how the stream was made. */
export interface StartPosition {
  /** The lowest numbers that are still held. */
  readonly mainFirst: number
  readonly errorFirst: number
  /** Whether a reader is expected to know the stream. */
  readonly resume: boolean
  /** The host's, once it is known. */
  readonly incarnation: Uint8Array | undefined
}

/** The fields of a writer's START: how the stream was made, and where it stands. */
export function startFields(options: WriterOptions, position: StartPosition): Fields {
  const { kind, name, to, headers, seq } = options
  const { mainFirst, errorFirst, resume, incarnation } = position
  return { kind, name, to, seq, headers, mainFirst, errorFirst, incarnation, resume: resume || undefined }
}
