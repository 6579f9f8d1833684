import type { ManualClock } from "@luxbus/clock/testing"
import { BusError, type Fields, type FullHeader } from "@luxbus/packet"
import type { CloseInfo, Connection } from "@luxbus/transport"
import { createDataLanes } from "../src/data-lanes.ts"
import { BrokerMultiplexer, DEFAULT_HEARTBEAT, Multiplexer, type MultiplexerHandler } from "../src/index.ts"
import { Outbound } from "../src/outbound.ts"

type Role = "client" | "broker"
type MultiplexerOf<R extends Role> = R extends "broker" ? BrokerMultiplexer : Multiplexer

export interface SeenStart {
  readonly alias: number
  readonly header: FullHeader
  readonly fields: Fields
}

/** A multiplexer and what its handler heard. */
export class MuxSide<R extends Role = Role> {
  readonly mux: MultiplexerOf<R>
  readonly starts: SeenStart[] = []
  readonly controls: Fields[] = []
  readonly closes: CloseInfo[] = []
  onStarted: (start: SeenStart) => void = () => {}
  onControl: (fields: Fields) => void = () => {}

  constructor(clock: ManualClock, connection: Connection, role: R, established = true) {
    const handler: MultiplexerHandler = {
      started: (alias, header, fields) => {
        this.starts.push({ alias, header, fields })
        this.onStarted({ alias, header, fields })
      },
      control: (fields) => {
        this.controls.push(fields)
        this.onControl(fields)
      },
      closed: (info) => this.closes.push(info),
    }
    const parts = { clock, connection, handler }
    const mux = role === "broker" ? new BrokerMultiplexer(parts) : new Multiplexer(parts, (own) => new Outbound(own))
    mux.writeStreams(createDataLanes)
    this.mux = mux as MultiplexerOf<R>
    if (established) this.mux.establish(DEFAULT_HEARTBEAT)
  }

  get closeError(): BusError {
    const error = this.closes[0]?.error
    if (!(error instanceof BusError)) throw new Error("it did not close with an error")
    return error
  }
}
