import { ManualClock } from "@luxbus/clock/testing"
import { type BusError, type Fields, Lane, StreamKind } from "@luxbus/packet"
import { StreamWriter, type WriterOptions } from "../src/index.ts"
import { testHash } from "../src/testing.ts"
import { ScriptedCarrier } from "./scripted-carrier.ts"

/** A writer on a carrier of which the test plays the other side. */
export class WriterScript {
  readonly clock = new ManualClock()
  readonly log: string[] = []
  readonly errors: BusError[] = []
  readonly writer: StreamWriter
  carrier = new ScriptedCarrier()

  constructor(options: Partial<WriterOptions> = {}) {
    const { clock, log } = this
    this.writer = new StreamWriter(
      {
        clock,
        createHash: testHash,
        events: {
          room: (lane) => log.push(`room ${lane}`),
          notice: (notice) => log.push(notice.type),
          cancelled: (reason) => log.push(`cancelled ${reason}`),
          complete: () => log.push("complete"),
          failed: (error) => {
            this.errors.push(error)
            log.push(`failed ${error.code}`)
          },
        },
      },
      { kind: StreamKind.relayed, name: "job", to: "bob", epoch: 5, seq: new Uint8Array(40), ...options },
    )
  }

  attach(): this {
    this.writer.attach(this.carrier)
    return this
  }

  /** The other side's statement. */
  hear(...statements: Fields[]): this {
    for (const fields of statements) this.writer.control(fields, 0)
    return this
  }

  open(credit = 1_000_000): this {
    return this.hear(
      { open: true, epoch: this.writer.epoch },
      { lane: Lane.main, cum: 0, credit },
      { lane: Lane.error, cum: 0, credit },
    )
  }

  /** A new connection in place of the old one. */
  reconnect(): this {
    this.writer.detach()
    this.carrier = new ScriptedCarrier()
    return this.attach()
  }

  get lastStart(): Fields {
    return this.carrier.starts.at(-1)?.fields ?? {}
  }
}
