import { type Fields, idOfName, NIL_ID } from "@luxbus/packet"
import type { StartHeader } from "./carrier.ts"
import type { WriterOptions } from "./writer-contract.ts"

/** What a START says beside how the stream was made. */
export interface StartPosition {
  /** The lowest numbers that are still held. */
  readonly mainFirst: number
  readonly errorFirst: number
  /** First chunks of the messages that hold them. */
  readonly mainMessage: number
  readonly errorMessage: number
  /** Whether a reader is expected to know the stream. */
  readonly resume: boolean
  /** The host's, once it is known. */
  readonly incarnation: Uint8Array | undefined
}

/** The fields of a writer's START: how the stream was made, and where it stands. */
export function startFields(options: WriterOptions, position: StartPosition): Fields {
  const { kind, name, to, headers, seq } = options
  const { mainFirst, errorFirst, resume, incarnation } = position
  // A reader takes a message to begin where the lane does, unless it hears otherwise.
  const mainMessage = position.mainMessage < mainFirst ? position.mainMessage : undefined
  const errorMessage = position.errorMessage < errorFirst ? position.errorMessage : undefined
  const start = { kind, name, to, seq, headers, incarnation, resume: resume || undefined }
  return { ...start, mainFirst, errorFirst, mainMessage, errorMessage }
}

/**
 * The ids of a START's header. They take a hash each: make them once per stream.
 * @param name of the stream
 * @param to the peer's client id; absent: the dispatcher, whose id is nil
 * @throws BusError `invalid_argument` for what is no name
 */
export function startIds(name: string, to?: string): Required<Pick<StartHeader, "requestId" | "peerId">> {
  return { requestId: idOfName(name), peerId: to === undefined ? NIL_ID : idOfName(to) }
}
