import type { BusStream } from "./bus-stream.ts"
import type { IncomingStreams } from "./incoming-streams.ts"

/** How streams of peers are accepted. */
export interface AcceptOptions {
  /** Streams that wait for the application; further ones wait at their openers. Default 64: a burst, not a backlog. */
  readonly maxPending?: number
  /** How long a stream may wait for the application before it is refused with `timeout`. Default 10 000. */
  readonly openTimeoutMs?: number
  /** Ends the acceptor. */
  readonly signal?: AbortSignal
}

/**
 * The streams that peers open to this client under names that match a pattern, in order of arrival. What queues them is
 * loaded with what writes: until then calls wait for it.
 */
export class Acceptor implements AsyncIterable<BusStream>, AsyncDisposable {
  readonly pattern: string
  readonly #incoming: Promise<IncomingStreams>

  constructor(pattern: string, incoming: Promise<IncomingStreams>) {
    this.pattern = pattern
    this.#incoming = incoming
    // Whoever asks for a stream hears of it.
    incoming.catch(() => {})
  }

  /** The next stream; undefined once the acceptor was closed. */
  async next(signal?: AbortSignal): Promise<BusStream | undefined> {
    return (await this.#incoming).next(signal)
  }

  async *[Symbol.asyncIterator](): AsyncIterator<BusStream> {
    try {
      for (let stream = await this.next(); stream !== undefined; stream = await this.next()) yield stream
    } finally {
      await this.close()
    }
  }

  /** Accepts no more; streams that still wait are refused. Idempotent. */
  close(): Promise<void> {
    return this.#incoming.then(
      (incoming) => incoming.close(),
      () => {},
    )
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }
}
