import type { JsonObject } from "@luxbus/packet"
import type { BusStream } from "../bus-stream.ts"
import type { Payload } from "../payload.ts"
import { asBusError } from "./as-bus-error.ts"
import type { Channel } from "./channel.ts"
import type { ChannelRequest } from "./request.ts"

/** What a handler knows of a request beside its value. */
export interface RequestContext {
  /** Client id of who asks. */
  readonly from: string
  readonly headers: JsonObject
  /** Aborts when the consumer gives up, or waits no longer. */
  readonly signal: AbortSignal
  /** Both lanes, for requests and replies that are more than a value: what is returned is written behind what was. */
  readonly stream: BusStream
}

/** Does a request's work: what it returns is the reply (nothing: an empty one), what it throws the caller's error. */
export type RequestHandler = (
  value: Payload | undefined,
  context: RequestContext,
) => Payload | undefined | Promise<Payload | undefined>

/** How many requests a handler works on. */
export interface ServeOptions {
  /** Requests that are worked on at a time, from 1 on; others wait. Default 16: handlers mostly wait for something. */
  readonly concurrency?: number
  /** Exchanges that the broker should count as full load. Default: `concurrency`. */
  readonly capacity?: number
  /** Ends the service. */
  readonly signal?: AbortSignal
}

/** Default of `concurrency`. */
export const CONCURRENCY = 16

/** A handler that provides a channel. */
export class Service implements AsyncDisposable {
  readonly channel: Channel
  readonly #handler: RequestHandler
  readonly #workers: Promise<void>[]

  constructor(channel: Channel, handler: RequestHandler, concurrency: number) {
    this.channel = channel
    this.#handler = handler
    this.#workers = Array.from({ length: concurrency }, () => this.#work())
  }

  /** Resolves when it takes no more requests: it was closed, or the session is over. */
  get closed(): Promise<void> {
    return Promise.all(this.#workers).then(() => {})
  }

  /** Takes no more requests; resolves when those that are worked on are answered. Idempotent. */
  async close(): Promise<void> {
    await this.channel.close()
    await this.closed
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  async #work(): Promise<void> {
    try {
      for await (const request of this.channel.requests()) await this.#answer(request)
    } catch {
      // The session is over: who closed it, or the bus's status, knows why.
    }
  }

  /** A consumer that is gone hears nothing more. */
  async #answer(request: ChannelRequest): Promise<void> {
    const { from, headers, signal, stream } = request
    try {
      const value = await request.value()
      const reply = await this.#handler(value, { from, headers, signal, stream })
      await (reply === undefined ? request.end() : request.reply(reply))
    } catch (error) {
      await request.fail(asBusError(error)).catch(() => {})
    }
  }
}
