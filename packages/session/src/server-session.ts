import type { Clock, Timer } from "@luxbus/clock"
import type { CreateHash } from "@luxbus/dual-stream"
import { BusError, type Fields, type FullHeader, isJsonObject, type JsonObject, type JsonValue } from "@luxbus/packet"
import { CloseCode, type CloseInfo, type Connection } from "@luxbus/transport"
import { BrokerMultiplexer } from "./broker-multiplexer.ts"
import { commonLimits, HANDSHAKE_TIMEOUT_MS, type Hello, parseHello, VERSIONS, type Welcome } from "./handshake.ts"
import { DEFAULT_HEARTBEAT, type HeartbeatOptions } from "./heartbeat.ts"
import { replyParts } from "./reply-parts.ts"
import { sessionIdOf } from "./session-id.ts"

/** What one client's connection tells the broker. */
export interface ServerSessionHandler {
  /** The client has introduced itself: answer with `welcome` or `refuse`, now or later. */
  hello(hello: Hello, sessionId: Uint8Array): void
  /** The client starts a stream; see `MultiplexerHandler.started`. Never before `welcome`. */
  started(alias: number, header: FullHeader, fields: Fields): void
  /** Where the client stands in a stream that a peer writes to it: for that peer. Never before `welcome`. */
  resumeStream(position: JsonObject): void
  /** Answer with `reply` or `replyError`, now or later. Never before `welcome`. */
  command(id: number, op: string, params: JsonValue): void
  /** The connection is over. Exactly once, and last. */
  closed(info: CloseInfo): void
}

/** What the broker's side of a connection runs on. */
export interface ServerSessionComponents {
  readonly clock: Clock
  readonly connection: Connection
  readonly createHash: CreateHash
  readonly handler: ServerSessionHandler
}

/** What the broker tells a client, and how long it waits for it. */
export interface ServerSessionOptions {
  /** The broker's incarnation, in hex. */
  readonly incarnation: string
  /** Default {@link DEFAULT_HEARTBEAT}. The client takes it over. */
  readonly heartbeat?: HeartbeatOptions
  /** How long the client may take for its HELLO. Default {@link HANDSHAKE_TIMEOUT_MS}. */
  readonly helloTimeoutMs?: number
}

/**
 * The broker's side of one connection: the handshake, then streams and commands. Whatever but HELLO comes before
 * WELCOME closes it with 1002.
 */
export class ServerSession {
  readonly mux: BrokerMultiplexer
  readonly #handler: ServerSessionHandler
  readonly #createHash: CreateHash
  readonly #options: ServerSessionOptions
  readonly #helloTimer: Timer
  #hello: Hello | undefined
  #welcomed = false

  constructor(components: ServerSessionComponents, options: ServerSessionOptions) {
    const { clock, connection, createHash, handler } = components
    this.#handler = handler
    this.#createHash = createHash
    this.#options = options
    this.#helloTimer = clock.setTimer(options.helloTimeoutMs ?? HANDSHAKE_TIMEOUT_MS, () =>
      this.refuse(new BusError("timeout", "No HELLO came in time.")),
    )
    this.mux = new BrokerMultiplexer({
      clock,
      connection,
      handler: {
        started: (alias, header, fields) => handler.started(alias, header, fields),
        control: (fields) => this.#control(fields),
        closed: (info) => {
          this.#helloTimer.cancel()
          handler.closed(info)
        },
      },
    })
  }

  /**
   * Takes the client in under `id`. Does nothing once the connection is over.
   * @param expiresAtMs until when its token is good, in Unix ms. Default: for ever
   * @throws BusError `invalid_state` without a HELLO, or a second time
   */
  welcome(id: string, expiresAtMs?: number): void {
    if (this.#hello === undefined || this.#welcomed) {
      const state = this.#welcomed ? "welcomed" : "awaiting HELLO"
      throw new BusError("invalid_state", `A WELCOME answers one HELLO; the session is ${state}.`, {
        details: { state },
      })
    }
    const heartbeat = this.#options.heartbeat ?? DEFAULT_HEARTBEAT
    const welcome: Welcome = {
      version: VERSIONS[0] ?? 1,
      features: [],
      limits: commonLimits(this.#hello.limits),
      id,
      incarnation: this.#options.incarnation,
      heartbeat,
      ...(expiresAtMs !== undefined && { expiresAtMs }),
    }
    this.#welcomed = true
    this.mux.limitMessages(welcome.limits.messageBytes)
    this.mux.control(0, 0, { welcome: welcome as unknown as JsonObject })
    this.mux.establish(heartbeat)
  }

  /** Sends the client away, with the reason: it hears the error, then the connection closes. */
  refuse(error: BusError): void {
    this.mux.fail(error, error.code === "protocol" ? CloseCode.protocol : CloseCode.normal)
  }

  /** What the client sent cannot be read: it hears why, and the connection closes with 1002. */
  fault(error: BusError): void {
    this.mux.fail(error, CloseCode.protocol, error.message)
  }

  /**
   * Answers a command. A long result goes in parts, as the connection has room for them.
   * @throws BusError `too_large` beyond 16 Mi characters of JSON
   */
  reply(id: number, result: JsonValue): void {
    const replies = Array.from(replyParts(id, result), (reply) => ({ reply }))
    const [only] = replies
    if (replies.length === 1 && only !== undefined) this.mux.control(0, 0, only)
    else this.mux.trickle(replies)
  }

  /** Answers a command with an error. */
  replyError(id: number, error: BusError): void {
    this.mux.control(0, 0, { reply: { id, error: { ...error.toJSON() } } })
  }

  /** Tells the client what all clients are told: a JSON value of at most 4 000 bytes. */
  broadcast(value: JsonValue): void {
    if (this.#welcomed) this.mux.control(0, 0, { command: { op: "broadcast", value } })
  }

  #control(fields: Fields): void {
    if (fields.hello !== undefined) this.#takeHello(fields.hello)
    else if (this.#hello === undefined) throw new BusError("protocol", "A client says HELLO first.")
    if (fields.resumeStream === undefined && fields.command === undefined) return
    if (!this.#welcomed) throw new BusError("protocol", "A client awaits WELCOME.")
    if (fields.resumeStream !== undefined) this.#handler.resumeStream(fields.resumeStream)
    if (fields.command !== undefined) this.#command(fields.command)
  }

  #takeHello(value: JsonObject): void {
    if (this.#hello !== undefined) throw new BusError("protocol", "A client says HELLO once.")
    this.#helloTimer.cancel()
    try {
      this.#hello = parseHello(value)
    } catch (error) {
      if (!(error instanceof BusError)) throw error
      this.refuse(error)
      return
    }
    this.#handler.hello(this.#hello, sessionIdOf(this.#hello.secret, this.#createHash))
  }

  #command(value: JsonObject): void {
    const { id, op, params }: { readonly [N in "id" | "op" | "params"]?: JsonValue } = value
    if (typeof id !== "number" || typeof op !== "string") {
      throw new BusError("protocol", "A command has an id and an op.")
    }
    this.#handler.command(id, op, isJsonObject(params) ? params : {})
  }
}
