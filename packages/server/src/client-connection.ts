import type { Clock, Random } from "@luxbus/clock"
import type { ConnectedClient, Dispatcher } from "@luxbus/dispatcher"
import type { CreateHash } from "@luxbus/dual-stream"
import { BusError, type Fields, type FullHeader, isJsonObject, type JsonValue } from "@luxbus/packet"
import { type HeartbeatOptions, type Hello, JsonConnection, ServerSession, type SharedTexts } from "@luxbus/session"
import { CloseCode, type CloseInfo, type Connection, type ConnectionRequest } from "@luxbus/transport"
import { ClientPace } from "./client-pace.ts"
import type { ClientSummary } from "./client-summary.ts"
import type { ClientTable } from "./client-table.ts"
import type { FaultySessions } from "./faulty-sessions.ts"
import { type Operator, runOperatorCommand } from "./operator.ts"
import { type Authenticate, clientIdFor, type Principal } from "./principal.ts"
import type { ClientLimits, LimitsTable } from "./rate-limits.ts"
import type { ServerEvent } from "./server-event.ts"
import { Standing } from "./standing.ts"

export interface ClientConnectionComponents {
  readonly clock: Clock
  readonly random: Random
  readonly createHash: CreateHash
  readonly connection: Connection
  readonly request: ConnectionRequest
  readonly dispatcher: Dispatcher
  readonly clients: ClientTable<ClientConnection>
  readonly limits: LimitsTable
  /** What an operator's commands do. */
  readonly operator: Operator
  readonly faultySessions: FaultySessions
  /** What was written for clients that speak JSON. */
  readonly sharedTexts: SharedTexts
  readonly onEvent: (event: ServerEvent) => void
  readonly onClosed: () => void
}

export interface ClientConnectionOptions {
  readonly incarnation: string
  readonly authenticate: Authenticate
  readonly heartbeat?: HeartbeatOptions
  readonly helloTimeoutMs?: number
}

/** The subprotocol of frames. */
export const BINARY_PROTOCOL = "luxbus.v1.bin"

/** The subprotocol of packets as text, which a client that asks for none speaks too. */
export const JSON_PROTOCOL = "luxbus.v1.json"

/** One client's connection at the broker: from its first words to its end. */
export class ClientConnection {
  readonly #components: ClientConnectionComponents
  readonly #options: ClientConnectionOptions
  readonly #session: ServerSession
  readonly #closedListeners: (() => void)[] = []
  #id: string | undefined
  #sessionId: Uint8Array | undefined
  #client: ConnectedClient | undefined
  #welcomedAtMs = 0
  #standing: Standing | undefined
  #limits: ClientLimits | undefined
  #pace: ClientPace | undefined
  #closed = false

  constructor(components: ClientConnectionComponents, options: ClientConnectionOptions) {
    this.#components = components
    this.#options = options
    const { clock, createHash } = components
    this.#session = new ServerSession(
      {
        clock,
        connection: this.#spoken(components),
        createHash,
        handler: {
          hello: (hello, sessionId) => void this.#admit(hello, sessionId),
          started: (alias, header, fields) => this.#started(alias, header, fields),
          resumeStream: (position) => this.#client?.resumeStream(position),
          command: (id, op, params) => void this.#command(id, op, params),
          closed: (info) => this.#ended(info),
        },
      },
      {
        incarnation: options.incarnation,
        ...(options.heartbeat !== undefined && { heartbeat: options.heartbeat }),
        ...helloTimeout(components.connection, options),
      },
    )
  }

  /** The client on it; undefined where it has none that was welcomed. */
  get summary(): ClientSummary | undefined {
    if (this.#id === undefined) return undefined
    const { connection, request } = this.#components
    return {
      id: this.#id,
      connectedAtMs: this.#welcomedAtMs,
      remoteAddress: request.remoteAddress,
      protocol: connection.protocol === BINARY_PROTOCOL ? BINARY_PROTOCOL : JSON_PROTOCOL,
      streams: this.#session.mux.boundCount,
    }
  }

  /** Ends the client's session, which hears why. */
  end(error: BusError): void {
    this.#session.refuse(error)
  }

  /** Tells the client what all are told. */
  broadcast(value: JsonValue): void {
    this.#session.broadcast(value)
  }

  /** Sends the client away. */
  refuse(error: BusError): void {
    const { remoteAddress } = this.#components.request
    this.#components.onEvent({ type: "client-refused", client: this.#id, remoteAddress, error })
    this.#session.refuse(error)
  }

  /** Another connection has taken this one's place. */
  replacedBy(sameSession: boolean): void {
    this.#leave()
    if (sameSession) this.terminate()
    else this.#session.refuse(new BusError("replaced", "Another session of the same client has taken its place."))
  }

  /** The broker stops: the client may come back after `delayMs`. */
  goAway(delayMs: number): void {
    this.#session.mux.control(0, 0, { goingAway: { delayMs } })
    this.#session.mux.close(CloseCode.goingAway, "going_away")
  }

  terminate(): void {
    this.#session.mux.terminate()
  }

  /** Calls back when the connection is over; at once if it is. */
  onceClosed(callback: () => void): void {
    if (this.#closed) callback()
    else this.#closedListeners.push(callback)
  }

  /** The connection as the session speaks on it: in frames. */
  #spoken({ connection, sharedTexts: shared, ...components }: ClientConnectionComponents): Connection {
    if (connection.protocol === BINARY_PROTOCOL) return connection
    const isBound = (address: number) => this.#session.mux.bound(address) !== undefined
    return new JsonConnection({
      ...components,
      connection,
      shared,
      isBound,
      onFault: (error) => this.#session.fault(error),
    })
  }

  async #admit(hello: Hello, sessionId: Uint8Array): Promise<void> {
    try {
      this.#components.faultySessions.check(sessionId)
      const principal = await this.#authenticate(hello.token, hello.id)
      if (!this.#closed) this.#welcome(hello, sessionId, principal)
    } catch (error) {
      this.refuse(asRefusal(error))
    }
  }

  async #authenticate(token: string | undefined, id: string | undefined): Promise<Principal> {
    const { remoteAddress, headers } = this.#components.request
    const shown = { ...(token !== undefined && { token }), ...(id !== undefined && { id }) }
    return this.#options.authenticate({ remoteAddress, headers, ...shown })
  }

  /** `{ token }` → `{ expiresAtMs? }`: the client shows another token, for the same principal, ahead of its time. */
  async #renew(standing: Standing, params: JsonValue): Promise<JsonValue> {
    const { token }: { readonly token?: JsonValue } = isJsonObject(params) ? params : {}
    if (typeof token !== "string") {
      throw new BusError("invalid_argument", "token is a string", { details: { field: "token" } })
    }
    const principal = await this.#authenticate(token, this.#id)
    if (this.#client === undefined) throw new BusError("closed", "the connection is lost")
    standing.renew(principal)
    return principal.expiresAtMs === undefined ? {} : { expiresAtMs: principal.expiresAtMs }
  }

  #welcome(hello: Hello, session: Uint8Array, principal: Principal): void {
    const { clients, clock, dispatcher, onEvent, random, request } = this.#components
    const id = clientIdFor(principal, hello.id, random)
    const standing = new Standing(clock, principal, (error) => this.refuse(error))
    // Whatever refuses the client from here on, its timer goes with the connection.
    this.#standing = standing
    const limits = this.#components.limits.of(id)
    limits?.assertSolvent()
    const replaced = clients.claim(id, { connection: this, session, principal })
    this.#id = id
    this.#welcomedAtMs = clock.wallNow()
    this.#sessionId = session
    replaced?.replaced.replacedBy(replaced.sameSession)
    this.#session.welcome(id, standing.expiresAtMs)
    onEvent({
      type: "client-welcomed",
      client: id,
      remoteAddress: request.remoteAddress,
      replaced: replaced !== undefined,
    })
    if (limits !== undefined) this.#paceBy(limits)
    const { permits } = standing
    this.#client = dispatcher.connect({
      id,
      session,
      carrier: this.#session.mux,
      permits,
      admitOpen: () => limits?.admit("opens"),
      admitCancel: () => limits?.admit("cancels"),
    })
  }

  #paceBy(limits: ClientLimits): void {
    const { mux } = this.#session
    this.#limits = limits
    this.#pace = new ClientPace(this.#components.clock, limits, {
      renew: () => mux.renew(),
      overdrawn: (error) => this.refuse(error),
    })
    mux.paceBy(this.#pace)
  }

  #started(alias: number, header: FullHeader, fields: Fields): void {
    if (this.#client === undefined) throw new BusError("protocol", "A stream before WELCOME.")
    this.#client.started(alias, header, fields)
  }

  async #command(id: number, op: string, params: JsonValue): Promise<void> {
    try {
      if (this.#client === undefined || this.#standing === undefined) {
        throw new BusError("protocol", "A command before WELCOME.")
      }
      this.#limits?.admit("commands")
      this.#session.reply(id, await (this.#own(this.#standing, op, params) ?? this.#client.command(id, op, params)))
    } catch (error) {
      this.#session.replyError(id, asCommandError(error, this.#components.onEvent))
    }
  }

  /** The server's own operations; undefined: it is none of them. */
  #own(standing: Standing, op: string, params: JsonValue): Promise<JsonValue> | JsonValue | undefined {
    if (op === "authenticate") return this.#renew(standing, params)
    return runOperatorCommand(this.#components.operator, standing, op, params)
  }

  #ended(info: CloseInfo): void {
    this.#closed = true
    this.#standing?.stop()
    this.#pace?.stop()
    // A fault that this side found: its reason is an error.
    const isFault = info.code === CloseCode.protocol && info.error !== undefined
    if (this.#sessionId !== undefined) this.#components.faultySessions.closed(this.#sessionId, isFault)
    if (this.#id !== undefined) {
      this.#components.onEvent({ type: "client-disconnected", client: this.#id, code: info.code, reason: info.reason })
    }
    this.#leave()
    this.#components.onClosed()
    for (const callback of this.#closedListeners.splice(0)) callback()
  }

  /** Gives up the id and tells the dispatcher; once. */
  #leave(): void {
    const client = this.#client
    this.#client = undefined
    if (this.#id !== undefined) this.#components.clients.release(this.#id, this)
    client?.disconnect()
  }
}

/** Who types by hand needs longer for the first word than a program does. */
const TEXT_HELLO_TIMEOUT_MS = 60_000

function helloTimeout({ protocol }: Connection, { helloTimeoutMs }: ClientConnectionOptions) {
  if (helloTimeoutMs !== undefined) return { helloTimeoutMs }
  return protocol === BINARY_PROTOCOL ? {} : { helloTimeoutMs: TEXT_HELLO_TIMEOUT_MS }
}

function asRefusal(error: unknown): BusError {
  if (error instanceof BusError) return error
  return new BusError("internal", "The client could not be authenticated.", { cause: error })
}

/** What a command failed with, as its client may see it: nothing of the inside, which goes to `onEvent`. */
function asCommandError(error: unknown, onEvent: (event: ServerEvent) => void): BusError {
  if (error instanceof BusError) return error
  const internal = new BusError("internal", "The broker failed to carry this out.", { cause: error })
  onEvent({ type: "error", error: internal })
  return internal
}
