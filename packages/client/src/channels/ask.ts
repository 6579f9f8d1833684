import type { Clock } from "@luxbus/clock"
import { BusError, type JsonObject, type Outcome } from "@luxbus/packet"
import { abortError, throwIfAborted } from "../abort.ts"
import type { BusStream } from "../bus-stream.ts"
import type { NoticeListener } from "../notices.ts"
import type { Payload } from "../payload.ts"
import { assertWhole, MAX_DELAY_MS } from "../whole-number.ts"
import type { AskOptions } from "./channels.ts"
import { readValue } from "./read-value.ts"

/** How a request is made. */
export interface RequestOptions {
  /** How long the answer may take, in ms, from 1 on. Default 30 000: work that takes longer should say so. */
  readonly timeoutMs?: number
  /** Client id of the provider that is to answer. Default: the broker chooses the better of two random ones. */
  readonly to?: string
  /** How long a provider is waited for where there is none, in ms. Default 0: `no_provider` at once. */
  readonly waitForProviderMs?: number
  /** Anything that the provider should know from the start; at most 4 KiB as JSON. */
  readonly headers?: JsonObject
  /** Gives up: the provider's `signal` aborts. */
  readonly signal?: AbortSignal
  readonly onNotice?: NoticeListener
}

/** How a request is opened that its owner writes and reads as a stream. */
export type OpenRequestOptions = Pick<RequestOptions, "to" | "waitForProviderMs" | "headers" | "onNotice">

/** What a provider answered. */
export interface Reply {
  /** Its first message; undefined where it ended without one. */
  readonly value: Payload | undefined
  /** The provider's client id. */
  readonly from: string
}

/** Default of `timeoutMs`. */
export const TIMEOUT_MS = 30_000

/**
 * Asks a channel, and waits for the answer.
 * @throws BusError `no_provider`; `timeout` where nobody had begun, `indeterminate` where somebody had; `peer_lost` with
 * `details.delivered` and `details.maybeExecuted`; `cancelled`; what the provider failed with; `invalid_argument`, `closed`
 */
export async function ask(
  { clock, open }: { readonly clock: Clock; readonly open: (options: AskOptions) => BusStream },
  channel: string,
  value: Payload,
  options: RequestOptions,
): Promise<Reply> {
  const { timeoutMs = TIMEOUT_MS, signal } = options
  assertWhole("timeoutMs", timeoutMs, 1, MAX_DELAY_MS)
  throwIfAborted(signal)
  const stream = open({ ...askOptions(channel, options), deadlineMs: timeoutMs })
  const timer = clock.setTimer(timeoutMs, () =>
    stream.abandon(
      stream.writer.mayHaveBegun
        ? new BusError("indeterminate", "No answer in time: the work may have been done.", { details: { timeoutMs } })
        : new BusError("timeout", "Nobody has begun in time.", { details: { timeoutMs } }),
    ),
  )
  const onAbort = () => {
    if (signal !== undefined) stream.abandon(abortError(signal))
  }
  signal?.addEventListener("abort", onAbort)
  try {
    return await exchange(stream, value)
  } catch (error) {
    throw isUntold(error) ? providerLost(error) : error
  } finally {
    timer.cancel()
    signal?.removeEventListener("abort", onAbort)
  }
}

/** How the stream of a request is opened. @throws BusError `invalid_argument` */
export function askOptions(channel: string, options: OpenRequestOptions): AskOptions {
  const { to, headers, waitForProviderMs = 0, onNotice } = options
  assertWhole("waitForProviderMs", waitForProviderMs, 0, MAX_DELAY_MS)
  return {
    channel,
    to,
    headers,
    ...(waitForProviderMs > 0 && { waitMs: waitForProviderMs }),
    ...(onNotice !== undefined && { onNotice }),
  }
}

async function exchange(stream: BusStream, value: Payload): Promise<Reply> {
  // A provider may answer before it has taken the whole request, or without taking it.
  const sent = stream.main.write(value).then(() => stream.end())
  sent.catch(() => {})
  try {
    const reply = await readValue(stream.main).catch(async (error: unknown) => {
      // The lane tells that the stream was closed, the outcome why.
      assertDone(await stream.outcome)
      throw error
    })
    assertDone(await stream.outcome)
    return { value: reply, from: stream.peer ?? "" }
  } finally {
    if (stream.writer.state !== "complete") await stream.close()
  }
}

/** A reply that did not end well is the caller's error. */
function assertDone({ status, code, message, reason }: Outcome): void {
  if (status === "done") return
  if (status === "expired") throw providerLost()
  throw BusError.fromJSON({ code: code ?? status, message: message ?? reason ?? "The provider failed." })
}

/** Whether a provider is lost, and nobody has said how far it was: this side's window was over before the broker's word came. */
function isUntold(error: unknown): boolean {
  return error instanceof BusError && error.code === "peer_lost" && error.details["maybeExecuted"] === undefined
}

/** Whoever does not know must say that the work may have been done. */
function providerLost(cause?: unknown): BusError {
  return new BusError("peer_lost", "The provider did not come back within its window.", {
    details: { delivered: true, maybeExecuted: true },
    cause,
  })
}
