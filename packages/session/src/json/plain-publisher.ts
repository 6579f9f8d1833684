import { assertSubject, BusError, type Packet } from "@luxbus/packet"
import type { DialectOutput } from "./dialect.ts"

/** Subjects that a plain client publishes on at a time; the one used longest ago is forgotten. */
const MAX_SUBJECTS = 256

interface Publication {
  readonly subject: string
  readonly alias: number
  next: number
}

/** What a plain client publishes: its events, each a message of its own unless it bears `more`. */
export class PlainPublisher {
  readonly #output: DialectOutput
  readonly #nextAlias: () => number
  readonly #nextSeq: () => string
  /** By subject, the one used longest ago first. */
  readonly #bySubject = new Map<string, Publication>()

  constructor(output: DialectOutput, nextAlias: () => number, nextSeq: () => string) {
    this.#output = output
    this.#nextAlias = nextAlias
    this.#nextSeq = nextSeq
  }

  /**
   * Publishes one event. Its numbers are the broker's to give.
   * @throws BusError `invalid_argument` for what is no subject
   */
  publish(packet: Packet): void {
    const publication = this.#of(packet.uid)
    const { alias } = publication
    const { data, encoding, codec, more, content_type, timestamp } = packet
    this.#output.toBroker({
      uid: packet.uid,
      type: "event",
      alias,
      chunk: publication.next++,
      ...{ data, encoding, codec, more, content_type, timestamp },
    })
  }

  /** The broker refuses a subject. @returns which */
  refused(alias: number): string | undefined {
    for (const { subject, alias: own } of this.#bySubject.values()) {
      if (own !== alias) continue
      this.#bySubject.delete(subject)
      return subject
    }
    return undefined
  }

  #of(subject: string): Publication {
    const known = this.#bySubject.get(subject) ?? this.#announce(subject)
    this.#bySubject.delete(subject)
    this.#bySubject.set(subject, known)
    return known
  }

  #announce(subject: string): Publication {
    assertSubject(subject)
    const publication = { subject, alias: this.#nextAlias(), next: 0 }
    const [oldest] = this.#bySubject.values()
    if (oldest !== undefined && this.#bySubject.size >= MAX_SUBJECTS) this.#forget(oldest)
    const { alias } = publication
    this.#output.toBroker({ uid: subject, type: "event", frame: "start", kind: "publish", alias, seq: this.#nextSeq() })
    return publication
  }

  #forget({ subject, alias }: Publication): void {
    const error = new BusError("closed", "Nothing was published on this subject for a while.")
    this.#bySubject.delete(subject)
    this.#output.toBroker({ uid: subject, type: "event", alias, cancel: { ...error.toJSON() } })
  }
}
