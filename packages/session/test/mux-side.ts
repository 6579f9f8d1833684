import type { ManualClock } from "@luxbus/clock/testing"
import { BusError, type Fields, type FullHeader } from "@luxbus/packet"
import type { CloseInfo, Connection } from "@luxbus/transport"
import { DEFAULT_HEARTBEAT, Multiplexer } from "../src/index.ts"

export interface SeenStart {
  readonly alias: number
  readonly header: FullHeader
  readonly fields: Fields
}

/** A multiplexer and what its handler heard. */
export class MuxSide {
  readonly mux: Multiplexer
  readonly starts: SeenStart[] = []
  readonly controls: Fields[] = []
  readonly closes: CloseInfo[] = []
  onStarted: (start: SeenStart) => void = () => {}
  onControl: (fields: Fields) => void = () => {}

  constructor(clock: ManualClock, connection: Connection, role: "client" | "broker", established = true) {
    this.mux = new Multiplexer(
      {
        clock,
        connection,
        handler: {
          started: (alias, header, fields) => {
            this.starts.push({ alias, header, fields })
            this.onStarted({ alias, header, fields })
          },
          control: (fields) => {
            this.controls.push(fields)
            this.onControl(fields)
          },
          closed: (info) => this.closes.push(info),
        },
      },
      { role },
    )
    if (established) this.mux.establish(DEFAULT_HEARTBEAT)
  }

  get closeError(): BusError {
    const error = this.closes[0]?.error
    if (!(error instanceof BusError)) throw new Error("it did not close with an error")
    return error
  }
}
