import {
  type Carrier,
  fromHost,
  fromPattern,
  type Hash,
  type ReaderComponents,
  StreamReader,
} from "@luxbus/dual-stream"
import { BusError, type Fields, type FullHeader, type JsonObject, type JsonValue, sameBytes } from "@luxbus/packet"
import { type Cursor, formatIncarnation } from "./cursor.ts"

/** What is read: a hosted stream (`attach`), or a topic (`subscribe`). */
export type AttachmentKind = "attach" | "subscribe"

/** What is attached to, and from where. */
export interface AttachmentOptions {
  readonly kind: AttachmentKind
  readonly name: string
  /** `last`: so many of a topic's last messages. */
  readonly from: "start" | "now" | Cursor | { readonly last: number }
  /** Whether to wait for a stream that nobody has started yet. */
  readonly wait: boolean
  /** The group of a subscription that shares its subject's messages with others. */
  readonly group?: string | undefined
  /** Which of the session's members of groups it is: the same on each of its connections. */
  readonly member?: number
  /** Messages that it is given before it has acknowledged the first. Default: the broker's. */
  readonly prefetch?: number | undefined
}

/** What an attachment tells its owner, beside what its reader does. */
export interface AttachmentEvents {
  /** The broker serves it. A second time, with another reader, when a topic began anew: what lay between is lost. */
  opened(reader: StreamReader, start: { readonly epoch: number; readonly headers: JsonObject }): void
  /** The broker refuses it. Final. */
  refused(error: BusError): void
}

/**
 * One reader of a hosted stream or topic. The broker may forget it with its connection: it is attached again by its
 * own position, which is all that is needed to go on.
 */
export class Attachment {
  readonly #components: ReaderComponents
  readonly #options: AttachmentOptions
  readonly #events: AttachmentEvents
  #reader: StreamReader | undefined
  #seq: Uint8Array | undefined

  constructor(components: ReaderComponents, options: AttachmentOptions, events: AttachmentEvents) {
    this.#components = components
    this.#options = options
    this.#events = events
  }

  get kind(): AttachmentKind {
    return this.#options.kind
  }

  /** Undefined until the broker has served it once. */
  get reader(): StreamReader | undefined {
    return this.#reader
  }

  /** Whether others get what it has not acknowledged. */
  get isMember(): boolean {
    return this.#options.group !== undefined
  }

  /** Whether its reader wants nothing more: it has taken everything, or it has failed. */
  get over(): boolean {
    return this.#reader !== undefined && (this.#reader.completed || this.#reader.error !== undefined)
  }

  /** The parameters of the command that asks for it: from its own position once it has one. */
  params(): JsonObject {
    const { kind, name, from, wait, group, member, prefetch } = this.#options
    const reader = this.#reader
    const place = reader === undefined ? from : positionOf(reader)
    const cursor = typeof place === "string" ? place : { ...place }
    return kind === "subscribe"
      ? { subject: name, from: cursor, ...defined({ group, member, prefetch }) }
      : { name, from: cursor, wait: wait || reader !== undefined }
  }

  /**
   * The broker's START arrived.
   * @throws BusError `gap` where another hosted stream has the name now; the reader has failed with it too
   */
  started(carrier: Carrier, address: number, header: FullHeader, fields: Fields): void {
    const { incarnation, seq, sparse, headers = {} } = fields
    const known = this.#reader
    if (known !== undefined && this.#continues(known, header.epoch, incarnation, seq)) {
      known.attach(carrier, address, header.epoch, incarnation)
      return
    }
    if (known !== undefined && this.#options.kind === "attach") {
      const error = new BusError("gap", `"${this.#options.name}" is another stream now.`, {
        details: { reason: "epoch" },
      })
      known.reset(error)
      throw error
    }
    known?.close()
    const createHash = this.#options.kind === "subscribe" ? noHash : this.#components.createHash
    const components = { ...this.#components, createHash }
    const source = sparse ? fromPattern : fromHost
    const reader = new StreamReader(components, { source, ...placeOf(fields) })
    this.#reader = reader
    this.#seq = seq
    reader.attach(carrier, address, header.epoch, incarnation)
    this.#events.opened(reader, { epoch: header.epoch, headers })
  }

  /** The broker refused it. */
  refused(error: BusError): void {
    this.#events.refused(error)
  }

  /** Whether the numbers of what is served now go on where the reader stands. */
  #continues(reader: StreamReader, epoch: number, incarnation?: Uint8Array, seq?: Uint8Array): boolean {
    const sameLog =
      epoch === reader.epoch &&
      (incarnation === undefined || reader.incarnation === undefined || sameBytes(incarnation, reader.incarnation))
    return sameLog || (seq !== undefined && this.#seq !== undefined && sameBytes(seq, this.#seq))
  }
}

/** As JSON has it, which leaves out what is undefined. */
function defined(values: { readonly [name: string]: JsonValue | undefined }): JsonObject {
  return values as JsonObject
}

function positionOf(reader: StreamReader): Cursor {
  return { epoch: reader.epoch, incarnation: formatIncarnation(reader.incarnation), ...reader.position }
}

/** A topic has no END, so nobody asks for its digest. */
function noHash(): Hash {
  return { update: () => {}, digest: () => new Uint8Array(0) }
}

/** Where the broker begins on each lane. */
function placeOf({ mainFirst = 0, errorFirst = 0, mainMessage = mainFirst, errorMessage = errorFirst }: Fields) {
  return { main: mainFirst, error: errorFirst, mainMessage, errorMessage }
}
