import type { BrokerCarrier } from "@luxbus/dual-stream"
import { BROKER_LIMITS, BusError, type DataLane, type Fields } from "@luxbus/packet"
import { BrokerOutbound } from "./broker-outbound.ts"
import { errorFields } from "./error-fields.ts"
import { isAliasNumber, Multiplexer, type MultiplexerComponents } from "./multiplexer.ts"

/** How fast a client may send: see {@link BrokerMultiplexer.paceBy}. Called once for each message. */
export interface Pace {
  /** So much has come. @returns whether the client may be given credit now; else `renew` does it, later */
  took(frames: number, bytes: number): boolean
  /** More came than there was credit for. @returns whether that is since none was given, and it has seen to it */
  overrun(): boolean
}

/**
 * A broker's side of a connection: it also passes on what others have made, resets streams by ERROR frames, which
 * clients must not send, and reads at most 4 KiB before `establish`.
 */
export class BrokerMultiplexer extends Multiplexer<BrokerOutbound> implements BrokerCarrier {
  #handshakeBytes = 0
  #pace: Pace | undefined

  constructor(components: MultiplexerComponents) {
    super(components, (parts) => new BrokerOutbound(parts))
  }

  /** The client takes messages of so many bytes at most; at least `LIMITS.leastMessageBytes`. */
  limitMessages(bytes: number): void {
    this.outbound.limitMessages(bytes)
  }

  /**
   * Sends statements about the connection itself, in their order, as there is room: a long answer holds nothing back,
   * and what `control` says meanwhile goes first. A connection with more than 32 MiB of them waiting is ended.
   */
  trickle(statements: readonly Fields[]): void {
    if (!this.closed) this.outbound.trickle(statements)
  }

  /** From now on the client is given credit as `pace` says. Default: as soon as it has used some. */
  paceBy(pace: Pace): void {
    this.#pace = pace
  }

  /** Gives the client the credit that was held back. */
  renew(): void {
    super.took(0, 0)
  }

  send(address: number, lane: DataLane, frames: Uint8Array, cost: number): boolean {
    const bound = this.bindings.at(address)
    return bound !== undefined && this.outbound.send(bound, lane, frames, cost)
  }

  share(lane: DataLane, frames: Uint8Array, cost: number): boolean {
    return this.outbound.share(lane, frames, cost)
  }

  onRoom(callback: () => void): void {
    this.outbound.onRoom(callback)
  }

  protected override tellReset(address: number, error: BusError): void {
    this.outbound.error({ alias: address, ...errorFields(error) })
  }

  protected override tellClosing(error: BusError): void {
    this.outbound.error(errorFields(error))
  }

  protected override took(frames: number, bytes: number): void {
    if (this.#pace?.took(frames, bytes) !== false) this.renew()
  }

  protected override faulty(error: BusError): void {
    if (error.code === "flow_control" && this.#pace?.overrun()) return
    super.faulty(error)
  }

  protected override checkSize(message: Uint8Array): void {
    if (this.established) return
    this.#handshakeBytes += message.length
    if (this.#handshakeBytes > BROKER_LIMITS.handshakeBytes)
      throw new BusError("protocol", "more than a handshake before WELCOME")
  }

  protected override mayBind(alias: number): boolean {
    return isAliasNumber(alias)
  }

  protected override errorFrame(_fields: Fields): void {
    throw new BusError("protocol", "an ERROR frame from a client")
  }
}
