import { type Fields, HopFlag, idOfName, NIL_ID, StreamKind, Urgency } from "@luxbus/packet"
import type { StartHeader } from "./carrier.ts"
import type { LaneSenders } from "./lane-senders.ts"
import type { WriterOptions } from "./writer-contract.ts"

/** What a START says beside how the stream was made. */
export interface StartPosition {
  readonly lanes: LaneSenders
  /** Whether a reader is expected to know the stream. */
  readonly resume: boolean
  /** The host's, once it is known. */
  readonly incarnation: Uint8Array | undefined
}

/** The fields of a writer's START: how the stream was made, and where it stands. */
export function startFields(options: WriterOptions, position: StartPosition): Fields {
  const { kind, name, to, headers, seq, live, abandonMs, channel, waitMs } = options
  const { lanes, resume, incarnation } = position
  const { first: mainFirst, firstMessage: mainMessage } = lanes.main.chunks
  const { first: errorFirst, firstMessage: errorMessage } = lanes.error.chunks
  return {
    kind,
    name,
    to,
    seq,
    channel,
    waitMs,
    headers,
    incarnation,
    resume: resume || undefined,
    live: live !== undefined || undefined,
    // Whether a peer is there, the writer hears itself.
    abandonMs: kind === StreamKind.hosted ? abandonMs : undefined,
    mainFirst,
    errorFirst,
    // A reader takes a message to begin where the lane does, unless it hears otherwise.
    mainMessage: mainMessage < mainFirst ? mainMessage : undefined,
    errorMessage: errorMessage < errorFirst ? errorMessage : undefined,
  }
}

/** The hop flags of a writer's START: its urgency, and whether any provider of its channel may read it. */
export function startHop({ urgency = Urgency.normal, channel, to }: WriterOptions): number {
  return channel !== undefined && to === undefined ? urgency | HopFlag.anycast : urgency
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
