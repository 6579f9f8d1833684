import type { BrokerCarrier, ControlOutput, StartHeader } from "@luxbus/dual-stream"
import { type DataLane, type Fields, Lane } from "@luxbus/packet"

/** Statements that wait at most; beyond it the oldest goes: losing one does no harm, as it is repeated. */
const MAX_WAITING = 64

/** The members of a statement about a lane of which the newest says all: `missing` is asked for again. */
const NEWEST_WINS: ReadonlySet<string> = new Set(["lane", "cum", "ack", "missing", "credit", "next"])

/** A side's place on its connection. */
export interface Place {
  readonly carrier: BrokerCarrier
  readonly address: number
}

interface Statement {
  hop: number
  fields: Fields
}

/**
 * What is to be said to one side of a relay. It waits until the side's connection pulls it, so that thousands of streams
 * that resume at once fill no queue there. Where it waits, a newer statement about a lane takes in the one before.
 */
export class RelayControl {
  #start: { readonly header: StartHeader; readonly fields: Fields } | undefined
  #waiting: Statement[] = []

  /** A START takes the place of all that waits: what it begins anew is stated anew. */
  start({ carrier, address }: Place, header: StartHeader, fields: Fields): void {
    this.#waiting = []
    this.#start = { header, fields }
    carrier.wake(address, Lane.control)
  }

  say({ carrier, address }: Place, hop: number, fields: Fields): void {
    const before = isAboutLane(fields) ? this.#about(fields.lane) : undefined
    if (before === undefined) {
      this.#waiting.push({ hop, fields })
      if (this.#waiting.length > MAX_WAITING) this.#waiting.shift()
    } else {
      before.hop |= hop
      before.fields = { ...before.fields, ...fields }
    }
    carrier.wake(address, Lane.control)
  }

  /** @returns whether more is to be said than there was room for */
  pull(place: Place, output: ControlOutput): boolean {
    this.sayStart(place)
    let said = 0
    for (const { hop, fields } of this.#waiting) {
      if (output.room <= 0) break
      output.control(hop, fields)
      said++
    }
    this.#waiting = said === this.#waiting.length ? [] : this.#waiting.slice(said)
    return this.#waiting.length > 0
  }

  /** Says a START at once, if one waits: of what is reset the other side must know. */
  sayStart({ carrier, address }: Place): void {
    const start = this.#start
    this.#start = undefined
    if (start !== undefined) carrier.start(address, start.header, start.fields)
  }

  /** Says at once what waits: the place is about to be left. */
  sayAll({ carrier, address }: Place): void {
    for (const { hop, fields } of this.#waiting) carrier.control(address, hop, fields)
    this.clear()
  }

  clear(): void {
    this.#start = undefined
    this.#waiting = []
  }

  #about(lane: DataLane | undefined): Statement | undefined {
    return this.#waiting.find(({ fields }) => fields.lane === lane && isAboutLane(fields))
  }
}

function isAboutLane(fields: Fields): boolean {
  return fields.lane !== undefined && Object.keys(fields).every((name) => NEWEST_WINS.has(name))
}
