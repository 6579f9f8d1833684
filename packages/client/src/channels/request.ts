import { BusError, type JsonObject } from "@luxbus/packet"
import type { BusStream, Failure } from "../bus-stream.ts"
import type { Lane } from "../lane.ts"
import type { Payload } from "../payload.ts"
import { readValue } from "./read-value.ts"

/**
 * A request that a consumer has made of this provider. Whole values by {@link value} and {@link reply}; of any size, and
 * with their error lanes, by {@link main} and {@link error}: what the consumer writes is read there, what is written there
 * is the reply.
 */
export class ChannelRequest {
  readonly stream: BusStream
  /** Aborts when the consumer gives up, or waits no longer, with that as its reason. */
  readonly signal: AbortSignal
  readonly #deadline: { cancel(): void } | undefined

  /** @param setDeadline sets a timer that fires when the consumer waits no longer */
  constructor(stream: BusStream, setDeadline: (atMs: number, passed: () => void) => { cancel(): void }) {
    const { deadlineAtMs } = stream
    const passed = new AbortController()
    this.stream = stream
    this.signal = AbortSignal.any([stream.signal, passed.signal])
    if (deadlineAtMs === undefined || stream.signal.aborted) return
    const timeout = new BusError("timeout", "The consumer waits no longer.")
    this.#deadline = setDeadline(deadlineAtMs, () => passed.abort(timeout))
    stream.signal.addEventListener("abort", () => this.#deadline?.cancel())
  }

  /** Client id of who asks. */
  get from(): string {
    return this.stream.peer ?? ""
  }

  get headers(): JsonObject {
    return this.stream.headers
  }

  get main(): Lane {
    return this.stream.main
  }

  get error(): Lane {
    return this.stream.error
  }

  /**
   * The request's value: its first message, or all its bytes; undefined where it has none.
   * @throws BusError `cancelled`, `timeout` or what else ended it; `too_large` over 16 MiB: read `main` instead
   */
  value(): Promise<Payload | undefined> {
    return readValue(this.stream.main, this.signal)
  }

  /** Answers with one value, and ends. Resolves when the consumer has it. */
  async reply(value: Payload): Promise<void> {
    await this.stream.main.write(value)
    await this.end()
  }

  /** Ends a reply that was written to `main`. */
  end(): Promise<void> {
    this.#answered()
    return this.stream.end()
  }

  /** The work failed: the consumer's call does, with this code and message. */
  fail(failure: Failure | BusError): Promise<void> {
    this.#answered()
    return this.stream.fail(failure)
  }

  /** Nothing is waited for any more, nor what of the request was not read. */
  #answered(): void {
    this.#deadline?.cancel()
    void this.stream.outcome.catch(() => {})
  }
}
