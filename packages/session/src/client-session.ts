import type { Timer } from "@luxbus/clock"
import type { Carrier, ReaderEvents } from "@luxbus/dual-stream"
import {
  AliasBit,
  BusError,
  type Fields,
  type FullHeader,
  isJsonObject,
  type JsonObject,
  type JsonValue,
  StreamKind,
} from "@luxbus/packet"
import { CloseCode, type CloseInfo, type Connection } from "@luxbus/transport"
import { Attachment, type AttachmentEvents, type AttachmentOptions } from "./attachment.ts"
import { AttachmentTable } from "./attachment-table.ts"
import type { ClientSessionComponents, ClientSessionOptions, SessionStatus } from "./client-session-contract.ts"
import { CommandTable } from "./command-table.ts"
import { DialSignal } from "./dial-signal.ts"
import { HANDSHAKE_TIMEOUT_MS, type Hello, OWN_LIMITS, parseWelcome, VERSIONS } from "./handshake.ts"
import { errorOfClose, LossPolicy } from "./loss-policy.ts"
import { Multiplexer } from "./multiplexer.ts"
import { Outbound } from "./outbound.ts"
import { RECONNECT_PATIENCE_MS, Reconnect } from "./reconnect.ts"
import type { SessionPart } from "./session-part.ts"
import { newSecret } from "./session-secret.ts"

const CLOSED = "The bus is closed."

/** Streams of peers that may wait for the part that takes them. It is on its way: more are refused. */
const MAX_UNCLAIMED = 256

/**
 * A client's session: it outlives its connections. Attachments, commands and its parts (streams, what is being
 * published) belong to it; on each new connection all of them go on from where they stand. It reconnects for ever, but
 * for errors that another attempt cannot mend.
 */
export class ClientSession {
  readonly #components: ClientSessionComponents
  readonly #options: ClientSessionOptions
  /** Shows the broker which session this is, and names what it creates: see `SeqSource`. */
  readonly secret: string
  readonly #reconnect: Reconnect
  readonly #lossPolicy: LossPolicy
  readonly #commands = new CommandTable()
  readonly #attachments = new AttachmentTable()
  readonly #parts: SessionPart[] = []
  /** Addresses of streams that peers have started on this connection, and that no part takes yet: told to wait. */
  readonly #unclaimed = new Set<number>()
  readonly #dialSignal = new DialSignal()
  #id: string | undefined
  #status: SessionStatus = { state: "connecting", attempts: 0 }
  /** The connection, from its first byte to its end. */
  #mux: Multiplexer | undefined
  /** When the broker welcomed this session on it; undefined before. */
  #welcomedAtMs: number | undefined
  #handshakeTimer: Timer | undefined
  #goingAwayMs = 0

  constructor(components: ClientSessionComponents, options: ClientSessionOptions) {
    const { clock, random } = components
    this.#components = components
    this.#options = options
    this.#id = options.id
    this.secret = newSecret(random)
    this.#reconnect = new Reconnect(clock, random)
    this.#lossPolicy = new LossPolicy({
      renewsToken: options.getToken !== undefined,
      retryInitial: options.retryInitial ?? false,
    })
  }

  /** The client id; undefined until the broker has given one. */
  get id(): string | undefined {
    return this.#id
  }

  get status(): SessionStatus {
    return this.#status
  }

  /** Attachments, commands and what the parts have under way: what a leak test counts back to zero. */
  get activeCount(): number {
    const own = this.#attachments.size + this.#commands.size
    return this.#parts.reduce((sum, part) => sum + part.activeCount, own)
  }

  /** Begins to connect. Call it once. */
  start(): void {
    void this.#dial()
  }

  /**
   * Takes a part in, for good: it goes on with every connection from now on, this one included.
   * @throws BusError `closed`, or what ended the session
   */
  addPart(part: SessionPart): void {
    this.assertOpen()
    this.#parts.push(part)
    const mux = this.#live
    if (mux === undefined) return
    attachPart(part, mux)
    if (part.started === undefined) return
    for (const address of this.#unclaimed) mux.control(address, 0, { verdict: { verdict: "retry" } })
    this.#unclaimed.clear()
  }

  /**
   * The connection, where streams may go on it now.
   * @throws BusError `closed`, or what ended the session
   */
  carrier(): Carrier | undefined {
    this.assertOpen()
    return this.#live
  }

  /**
   * Reads a hosted stream or a topic, until {@link detach}.
   * @throws BusError `closed`, or what ended the session
   */
  attach(options: AttachmentOptions, readerEvents: ReaderEvents, events: AttachmentEvents): Attachment {
    this.assertOpen()
    const { clock, createHash } = this.#components
    const attachment = new Attachment({ clock, createHash, events: readerEvents }, options, events)
    this.#ask(attachment)
    return attachment
  }

  /** Stops reading: the broker is told, and the attachment's reader closed. */
  detach(attachment: Attachment): void {
    this.#forget(attachment)
    attachment.reader?.close()
    // What it has not acknowledged is for others, whatever becomes of this connection.
    if (!attachment.isMember || this.#status.state === "closed") return
    const nothing = () => {}
    // What asked for it names it, too.
    this.command("leave", attachment.params(), nothing, nothing)
  }

  /**
   * Asks the broker. Commands may be repeated without harm, so one outlives its connection; it is answered once.
   * @throws BusError `closed`, or what ended the session; `too_large` where it does not fit into one frame (4 KiB)
   */
  command(op: string, params: JsonObject, settle: (result: JsonValue) => void, fail: (error: BusError) => void): void {
    this.assertOpen()
    this.#commands.ask(this.#live, { op, params: () => params, settle, fail })
  }

  /** @throws BusError `closed`, or what ended the session */
  assertOpen(): void {
    if (this.#status.state === "closed") throw this.#status.error ?? new BusError("closed", CLOSED)
  }

  /** Sends what is queued and closes. Everything that is still under way fails with `closed`. Idempotent. */
  close(): void {
    if (this.#status.state === "closed") return
    const mux = this.#mux
    // What they have not acknowledged is for others, at once.
    for (const attachment of this.#attachments.all()) if (attachment.isMember) attachment.reader?.close()
    mux?.flush()
    this.#end(undefined)
    mux?.close(CloseCode.normal, "closed")
  }

  /** The connection, where streams may go on it. */
  get #live(): Multiplexer | undefined {
    return this.#welcomedAtMs === undefined || this.#mux?.closed ? undefined : this.#mux
  }

  #setStatus(status: SessionStatus): void {
    this.#status = status
    this.#components.events.status(status)
  }

  async #dial(): Promise<void> {
    try {
      const { getToken, token: fixed } = this.#options
      const token = getToken === undefined ? fixed : await getToken()
      if (this.#status.state === "closed") return
      this.#greet(await this.#components.dial({ signal: this.#dialSignal }), token)
    } catch (error) {
      this.#lost(asBusError(error))
    }
  }

  #greet(connection: Connection, token: string | undefined): void {
    const { clock } = this.#components
    const mux: Multiplexer = new Multiplexer(
      {
        clock,
        connection,
        handler: {
          started: (alias, header, fields) => this.#started(mux, alias, header, fields),
          control: (fields) => this.#control(mux, fields),
          closed: (info) => this.#closed(mux, info),
        },
      },
      (parts) => new Outbound(parts),
    )
    if (this.#status.state === "closed") {
      mux.close()
      return
    }
    this.#mux = mux
    this.#handshakeTimer = clock.setTimer(HANDSHAKE_TIMEOUT_MS, () =>
      mux.terminate(new BusError("connection_lost", "The broker did not welcome this client in time.")),
    )
    const hello: Hello = {
      versions: VERSIONS,
      features: [],
      limits: OWN_LIMITS,
      secret: this.secret,
      ...(this.#id !== undefined && { id: this.#id }),
      ...(token !== undefined && { token }),
    }
    mux.control(0, 0, { hello: hello as unknown as JsonObject })
  }

  #control(mux: Multiplexer, fields: Fields): void {
    if (fields.welcome !== undefined) this.#welcomed(mux, fields.welcome)
    if (fields.reply !== undefined) this.#commands.answered(fields.reply)
    if (fields.goingAway !== undefined) this.#goingAwayMs = delayOf(fields.goingAway)
    for (const part of this.#parts) part.control?.(fields)
    this.#components.events.control?.(fields)
  }

  #welcomed(mux: Multiplexer, value: JsonObject): void {
    if (this.#welcomedAtMs !== undefined) throw new BusError("protocol", "A broker says WELCOME once.")
    const welcome = parseWelcome(value)
    this.#handshakeTimer?.cancel()
    this.#reconnect.succeeded()
    this.#id = welcome.id
    this.#welcomedAtMs = this.#components.clock.now()
    mux.establish(welcome.heartbeat)
    this.#resume(mux)
    this.#setStatus({ state: "connected", attempts: 0 })
  }

  /** Everything that is under way goes on, on this connection. */
  #resume(mux: Multiplexer): void {
    for (const part of this.#parts) attachPart(part, mux)
    const attachments = this.#attachments.all()
    // They are asked for anew, from where they stand now.
    for (const attachment of attachments) this.#forget(attachment)
    this.#commands.repeat(mux)
    for (const attachment of attachments) if (!attachment.over) this.#askAgain(attachment)
  }

  #ask(attachment: Attachment): void {
    const command = this.#commands.ask(this.#live, {
      op: attachment.kind,
      params: () => attachment.params(),
      settle: () => {},
      isInterim: (result) => isJsonObject(result) && result["waiting"] === true,
      fail: (error) => {
        this.#attachments.delete(attachment)
        attachment.refused(error)
      },
    })
    this.#attachments.set(command, attachment)
  }

  #askAgain(attachment: Attachment): void {
    try {
      this.#ask(attachment)
    } catch (error) {
      attachment.refused(asBusError(error))
    }
  }

  #forget(attachment: Attachment): void {
    const command = this.#attachments.delete(attachment)
    if (command !== undefined) this.#commands.forget(command)
  }

  #started(mux: Multiplexer, alias: number, header: FullHeader, fields: Fields): void {
    const address = (alias | AliasBit.receiver) >>> 0
    if (fields.kind === StreamKind.relayed) {
      this.#startedByPeer(mux, address, header, fields)
      return
    }
    if (fields.kind !== StreamKind.delivery) throw new BusError("protocol", "A broker starts no such stream.")
    const attachment = fields.request === undefined ? undefined : this.#attachments.get(fields.request)
    if (attachment === undefined) throw new BusError("closed", "Nobody here reads this any more.")
    // Where it was told to wait, this is the answer.
    this.#commands.forget(fields.request ?? 0)
    attachment.started(mux, address, header, fields)
  }

  #startedByPeer(mux: Multiplexer, address: number, header: FullHeader, fields: Fields): void {
    for (const part of this.#parts) if (part.started?.(mux, address, header, fields)) return
    if (this.#unclaimed.add(address).size > MAX_UNCLAIMED) {
      throw new BusError("rate_limited", "Nobody here takes streams yet.")
    }
    mux.control(address, 0, { verdict: { verdict: "wait" } })
    this.#components.events.peerStarted?.()
  }

  #closed(mux: Multiplexer, info: CloseInfo): void {
    if (mux !== this.#mux) return
    const livedMs = this.#components.clock.now() - (this.#welcomedAtMs ?? this.#components.clock.now())
    this.#mux = undefined
    this.#welcomedAtMs = undefined
    this.#handshakeTimer?.cancel()
    this.#unclaimed.clear()
    for (const part of this.#parts) part.detached()
    this.#lossPolicy.closed(info, livedMs)
    this.#lost(errorOfClose(info))
  }

  #lost(error: BusError): void {
    if (this.#status.state === "closed") return
    const first = this.#status.state === "connecting"
    if (this.#lossPolicy.isFinal(error, first)) {
      this.#end(error)
      return
    }
    const attempts = this.#reconnect.attempts + 1
    this.#reconnect.schedule(() => void this.#dial(), this.#goingAwayMs)
    this.#goingAwayMs = 0
    this.#setStatus({ state: first ? "connecting" : "suspended", attempts, error })
  }

  #end(error: BusError | undefined): void {
    const reason = error ?? new BusError("closed", CLOSED)
    this.#reconnect.stop()
    this.#handshakeTimer?.cancel()
    this.#dialSignal.abort(reason)
    this.#setStatus({ state: "closed", attempts: 0, ...(error !== undefined && { error }) })
    const attachments = this.#attachments.all()
    for (const attachment of attachments) this.#attachments.delete(attachment)
    this.#commands.failAll(reason)
    for (const attachment of attachments) attachment.reader?.reset(reason)
    for (const part of this.#parts) part.close(reason)
  }
}

function attachPart(part: SessionPart, mux: Multiplexer): void {
  if (part.createDataLanes !== undefined) mux.writeStreams(part.createDataLanes)
  part.attach(mux)
}

/** How long a broker that stops asks to be left alone; never so long that streams would be given up meanwhile. */
function delayOf(goingAway: JsonObject): number {
  const { delayMs }: { readonly delayMs?: JsonValue } = goingAway
  return typeof delayMs === "number" ? Math.min(Math.max(delayMs, 0), RECONNECT_PATIENCE_MS) : 0
}

function asBusError(error: unknown): BusError {
  if (error instanceof BusError) return error
  return new BusError("connection_lost", error instanceof Error ? error.message : String(error), { cause: error })
}
