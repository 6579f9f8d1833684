import type { Clock } from "@luxbus/clock"
import type { Carrier, StartHeader, StreamEnd } from "@luxbus/dual-stream"
import { AliasBit, BusError, type DataLane, type Fields, type FullHeader, Lane } from "@luxbus/packet"
import { CloseCode, type CloseInfo, type Connection, type Message } from "@luxbus/transport"
import { BindingTable } from "./binding-table.ts"
import { ConnectionCredit } from "./connection-credit.ts"
import { cancelOf } from "./error-fields.ts"
import { Heartbeat, type HeartbeatOptions } from "./heartbeat.ts"
import { Inbound } from "./inbound.ts"
import type { CreateDataLanes, Outbound, OutboundComponents } from "./outbound.ts"
import type { Source } from "./source.ts"

/** What a multiplexer tells its owner. */
export interface MultiplexerHandler {
  /**
   * The other side starts a stream. Its address here is `alias` with the receiver bit. A BusError thrown here resets
   * that stream alone.
   */
  started(alias: number, header: FullHeader, fields: Fields): void
  /**
   * A statement about the connection itself: handshake, commands, resumptions. Pings and credit are seen to already.
   * A BusError thrown here closes the connection with 1002.
   */
  control(fields: Fields): void
  /**
   * The connection is over: everything on it is detached. Exactly once, and last. `info.error` is the reason that the
   * other side gave, or that this side found.
   */
  closed(info: CloseInfo): void
}

/** What a multiplexer runs on. */
export interface MultiplexerComponents {
  readonly clock: Clock
  readonly connection: Connection
  readonly handler: MultiplexerHandler
}

/**
 * Many streams on one connection. Outbound it pulls from the ends of streams, control before error before main, and
 * joins what one turn brings into messages of about 64 KiB, while the transport has less than that undrained.
 * Inbound it cuts messages into frames in place and hands each to the end that is bound to its alias.
 *
 * Ordering: per end and lane. Loss: none but with the connection, and frames for an address that was freed.
 * Backpressure: an end is not pulled from while the connection's credit is used up or its transport is full.
 */
export class Multiplexer<O extends Outbound = Outbound> implements Carrier {
  protected readonly outbound: O
  protected readonly bindings = new BindingTable()
  readonly #clock: Clock
  readonly #connection: Connection
  readonly #handler: MultiplexerHandler
  readonly #credit = new ConnectionCredit()
  readonly #inbound: Inbound
  #heartbeat: Heartbeat | undefined
  #closed = false
  /** Why the connection ends, where one side said so. */
  #reason: BusError | undefined

  /** @param makeOutbound what goes out: `new Outbound(…)` for a client */
  constructor(components: MultiplexerComponents, makeOutbound: (components: OutboundComponents) => O) {
    const { clock, connection, handler } = components
    this.#clock = clock
    this.#connection = connection
    this.#handler = handler
    const faulted = (source: Source, error: unknown) => this.#faulted(source, error)
    const stuck = (error: BusError) => this.terminate(error)
    this.outbound = makeOutbound({ clock, connection, credit: this.#credit, events: { stuck, faulted } })
    this.#inbound = new Inbound({
      bindings: this.bindings,
      credit: this.#credit,
      events: {
        started: (header, fields) => this.#started(header, fields),
        control: (fields) => this.#connectionControl(fields),
        error: (fields) => this.errorFrame(fields),
        faulted,
      },
    })
    connection.start({
      onMessage: (message) => this.#receive(message),
      onDrain: () => this.outbound.drained(),
      onClose: (info) => this.#ended(info),
    })
  }

  /**
   * The handshake is over: streams may come, and silence is watched.
   * @throws BusError `invalid_state` when called twice
   */
  establish(heartbeat: HeartbeatOptions): void {
    if (this.#closed) return
    if (this.#heartbeat !== undefined) {
      throw new BusError("invalid_state", "The handshake is over already.", { details: { state: "established" } })
    }
    this.#heartbeat = new Heartbeat(this.#clock, heartbeat, {
      ping: () => this.control(0, 0, { ping: Math.floor(this.#clock.now()) }),
      dead: () => this.terminate(new BusError("connection_lost", "The other side gives no sign of life.")),
    })
  }

  /** Streams are written on this connection too, from now on. Again without harm. */
  writeStreams(createDataLanes: CreateDataLanes): void {
    this.outbound.writeStreams(createDataLanes)
  }

  /** Whether nothing is sent or taken any more; the handler's `closed` may still be to come. */
  get closed(): boolean {
    return this.#closed
  }

  /** Streams bound to this connection. */
  get boundCount(): number {
    return this.bindings.size
  }

  allocate(end: StreamEnd): number {
    return this.bindings.allocate(end)
  }

  bind(address: number, end: StreamEnd): void {
    this.bindings.bind(address, end)
  }

  bound(address: number): StreamEnd | undefined {
    return this.bindings.at(address)?.end
  }

  release(address: number): void {
    this.bindings.release(address)
  }

  start(address: number, header: StartHeader, fields: Fields): void {
    const binding = this.bindings.at(address)
    if (binding !== undefined) this.outbound.start(binding, header, fields)
  }

  control(address: number, hop: number, fields: Fields): void {
    if (!this.#closed) this.outbound.control(address, hop, fields)
  }

  wake(address: number, lane: Lane): void {
    const binding = this.bindings.at(address)
    if (binding !== undefined) this.outbound.wake(binding, lane)
  }

  reset(address: number, error: BusError): void {
    if (this.#closed) return
    this.tellReset(address, error)
    this.bindings.release(address)
  }

  /** Tells the other side why, and closes: the handshake failed, or the session is over. */
  fail(error: BusError, closeCode: number = CloseCode.normal, reason: string = error.code): void {
    this.#closeWith(error, closeCode, reason)
  }

  /** Sends what is queued, then closes. */
  close(code: number = CloseCode.normal, reason = ""): void {
    if (this.#closed) return
    this.outbound.flush()
    this.outbound.sendControl()
    this.#connection.close(code, reason)
    this.#detachAll()
  }

  /** Closes at once: what is queued is lost. `error` is what `closed` will tell. */
  terminate(error?: BusError): void {
    if (!this.#closed) this.#reason ??= error
    this.#connection.terminate()
    this.#detachAll()
  }

  /** Sends what is ready now, as far as credit and transport allow, instead of at the end of the turn. */
  flush(): void {
    this.outbound.flush()
  }

  #receive(message: Message): void {
    if (this.#closed) return
    this.#heartbeat?.heard()
    try {
      if (typeof message === "string") throw new BusError("protocol", "a text message on a binary subprotocol")
      this.checkSize(message)
      this.took(this.#inbound.take(message), message.length)
    } catch (error) {
      if (!(error instanceof BusError)) throw error
      this.faulty(error)
    }
  }

  /** One message was taken: what may be sent now is granted. */
  protected took(_frames: number, _bytes: number): void {
    this.#grant(Lane.main)
    this.#grant(Lane.error)
  }

  /** What came cannot be read, or was not granted. */
  protected faulty(error: BusError): void {
    this.#closeWith(error, CloseCode.protocol, error.message)
  }

  #connectionControl(fields: Fields): void {
    if (fields.ping !== undefined) this.control(0, 0, { pong: fields.ping })
    if (fields.lane !== undefined && fields.credit !== undefined) {
      this.#credit.granted(fields.lane, fields.credit)
      this.outbound.planFlush()
    }
    this.#handler.control(fields)
  }

  #started(header: FullHeader, fields: Fields): void {
    const { alias } = fields
    if (this.#heartbeat === undefined) throw new BusError("protocol", "a START before WELCOME")
    if (alias === undefined || !this.mayBind(alias)) {
      throw new BusError("protocol", "a START that binds no alias of its sender")
    }
    try {
      this.#handler.started(alias, header, fields)
    } catch (error) {
      if (!(error instanceof BusError)) throw error
      const address = (alias | AliasBit.receiver) >>> 0
      // Whoever uses an alias again has let go of what it stood for, even where the new stream is refused.
      const before = this.bindings.at(address)?.end
      this.reset(address, error)
      before?.detach()
    }
  }

  /** How the other side hears that a stream is reset: only brokers send ERROR frames, so by a cancel with a code. */
  protected tellReset(address: number, error: BusError): void {
    this.outbound.control(address, 0, { cancel: cancelOf(error) })
  }

  /** How the other side hears why the connection closes, beside the close reason: not at all. */
  protected tellClosing(_error: BusError): void {}

  /** @throws BusError `protocol` where more came than may now */
  protected checkSize(_message: Uint8Array): void {}

  /** Whether the other side may bind an alias by a START. A broker has broker-wide ones too. */
  protected mayBind(alias: number): boolean {
    return isAliasNumber(alias & ~AliasBit.broker)
  }

  protected get established(): boolean {
    return this.#heartbeat !== undefined
  }

  /** An ERROR frame: of a stream, or why the connection will close. */
  protected errorFrame(fields: Fields): void {
    const { alias, code = "internal", text: message = "", details = {} } = fields
    const error = BusError.fromJSON({ code, message, details })
    if (alias === undefined) {
      this.#reason = error
      return
    }
    const binding = this.bindings.incoming(alias)
    if (binding === undefined) return
    this.bindings.release(binding.address)
    binding.end.reset(error)
  }

  /** A fault of one stream resets that stream alone; one that is no BusError is a defect, and ends the connection. */
  #faulted(source: Source, cause: unknown): void {
    if (cause instanceof BusError) {
      if (!source.released) this.reset(source.address, cause)
      source.end.reset(cause)
    } else {
      const error = new BusError("internal", "An end of a stream threw.", { cause })
      this.#closeWith(error, CloseCode.internal, "internal error")
    }
  }

  #grant(lane: DataLane): void {
    if (this.#closed) return
    const credit = this.#credit.renewal(lane)
    if (credit !== undefined) this.control(0, 0, { lane, credit })
  }

  #closeWith(error: BusError, code: number, reason: string): void {
    if (this.#closed) return
    this.#reason ??= error
    this.tellClosing(error)
    this.outbound.sendControl()
    this.#connection.close(code, reason)
    this.#detachAll()
  }

  #ended(info: CloseInfo): void {
    this.#detachAll()
    const error = this.#reason ?? info.error
    this.#handler.closed(error === undefined ? info : { ...info, error })
  }

  /** Nothing is sent or taken any more: the ends are free to go to another connection at once. */
  #detachAll(): void {
    this.#closed = true
    this.#heartbeat?.stop()
    this.#inbound.close()
    this.outbound.close()
    for (const binding of this.bindings.clear()) binding.end.detach()
  }
}

/** Whether a number can be an alias of one side's own. */
export function isAliasNumber(alias: number): boolean {
  return alias > 0 && alias < AliasBit.broker
}
