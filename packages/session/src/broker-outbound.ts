import type { Timer } from "@luxbus/clock"
import { BROKER_LIMITS, BusError, type DataLane, type Fields, FrameType, Lane, LIMITS, Urgency } from "@luxbus/packet"
import { HIGH_WATER } from "@luxbus/transport"
import { createDataLanes, type DataLanes } from "./data-lanes.ts"
import { Outbound, type OutboundComponents } from "./outbound.ts"
import { PassingFrames } from "./passing-frames.ts"
import type { Source } from "./source.ts"
import { Trickle } from "./trickle.ts"

/** How long more than `BROKER_LIMITS.controlBacklogBytes` of control may wait for a client to read. */
export const CONTROL_PATIENCE_MS = 1_000

/** What goes out on one connection of a broker's: also frames that others have made, and long answers bit by bit. */
export class BrokerOutbound extends Outbound {
  readonly #data: DataLanes
  readonly #passing = new PassingFrames()
  readonly #trickle = new Trickle()
  readonly #trickleSource: Source = {
    address: 0,
    end: this.#trickle,
    released: false,
    controlReady: false,
    urgency: Urgency.normal,
    turns: [],
  }
  #awaitingRoom: (() => void)[] = []
  #waitingControlBytes = 0
  #patience: Timer | undefined
  #maxMessageBytes: number = LIMITS.messageBytes

  constructor(components: OutboundComponents) {
    super(components)
    this.#data = this.writeStreams(createDataLanes)
  }

  /** Of messages that are built here none comes near the least that a client may ask for; shared ones may. */
  limitMessages(bytes: number): void {
    this.#maxMessageBytes = bytes
  }

  error(fields: Fields): void {
    this.makeWay()
    this.#data.batch.writer.full(FrameType.error, {}, fields)
    this.planFlush()
  }

  trickle(statements: readonly Fields[]): void {
    if (this.#trickle.add(statements)) this.wake(this.#trickleSource, Lane.control)
    else this.#endSoon()
  }

  /** @param bound what is bound to the address that the frames bear */
  send(bound: Source, lane: DataLane, frames: Uint8Array, cost: number): boolean {
    const stream = this.closed ? undefined : this.#passing.add(bound, lane, frames, cost)
    if (stream === undefined) return false
    this.wake(stream, lane)
    return true
  }

  share(lane: DataLane, frames: Uint8Array, cost: number): boolean {
    if (this.closed || this.flushing || frames.length > this.#maxMessageBytes) return false
    if (!this.idle) this.flush()
    if (!this.idle || this.connection.undrainedBytes >= HIGH_WATER || this.credit.left(lane) < cost) return false
    this.credit.sent(lane, cost)
    this.connection.send(frames)
    return true
  }

  onRoom(callback: () => void): void {
    if (this.closed) return
    this.#awaitingRoom.push(callback)
    this.planFlush()
  }

  override close(): void {
    super.close()
    this.#stopPatience()
    this.#trickle.clear()
    this.#awaitingRoom = []
  }

  protected override flushed(): void {
    this.#passing.keep()
    if (this.#awaitingRoom.length === 0 || !this.#passing.roomy) return
    const callbacks = this.#awaitingRoom
    this.#awaitingRoom = []
    for (const callback of callbacks) callback()
  }

  /** What a turn brings may be more, where thousands of streams end or resume at once: who reads has read it soon. */
  protected override controlWaits(bytes: number): void {
    const before = this.#waitingControlBytes
    this.#waitingControlBytes += bytes
    if (this.#waitingControlBytes <= BROKER_LIMITS.controlBacklogBytes) this.#stopPatience()
    else this.#patience ??= this.clock.setTimer(CONTROL_PATIENCE_MS, () => this.#readsTooLittle())
    if (this.#waitingControlBytes > LIMITS.messageBytes && before <= LIMITS.messageBytes) this.#endSoon()
  }

  #stopPatience(): void {
    this.#patience?.cancel()
    this.#patience = undefined
  }

  #readsTooLittle(): void {
    if (!this.closed) this.events.stuck(new BusError("connection_lost", "The other side reads too little control."))
  }

  /** Later, as whoever writes control does not expect its connection to end meanwhile. */
  #endSoon(): void {
    this.clock.defer(() => this.#readsTooLittle())
  }
}
