import type { BusStream } from "@luxbus/client"
import { BusError, isErrorCode, type Outcome } from "@luxbus/packet"

/** How long a side that fails tries to tell the other: a lost connection is mostly back by then. */
export const FAREWELL_MS = 10_000
/** The same for a side that somebody stops, and waits for. */
const STOPPED_FAREWELL_MS = 1_000

/** The other side's end where it was none that a whole file has. */
export function outcomeError({ status, code, message, reason }: Outcome, said: string): BusError {
  const why = message ?? reason
  const text = why === undefined ? `${said}.` : `${said}: ${why}`
  if (status === "expired") return new BusError("expired", text)
  return new BusError(status === "error" && code !== undefined && isErrorCode(code) ? code : "cancelled", text)
}

/** Why a side gives up, as a BusError: the reason of its own signal comes first. */
export function failureOf(error: unknown, signal: AbortSignal | undefined): BusError {
  const first: unknown = signal?.aborted ? signal.reason : error
  if (first instanceof BusError) return first
  return new BusError(signal?.aborted ? "cancelled" : "internal", messageOf(first), { cause: first })
}

/** What an error says of itself. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}

/** Runs `work` with a promise that rejects with the signal's reason once it aborts. */
export async function withAbort<T>(
  signal: AbortSignal | undefined,
  work: (aborted: Promise<never>) => Promise<T>,
): Promise<T> {
  if (signal === undefined) return work(new Promise(() => {}))
  let onAbort = () => {}
  const aborted = new Promise<never>((_, reject) => {
    onAbort = () => reject(signal.reason)
    if (signal.aborted) onAbort()
    else signal.addEventListener("abort", onAbort, { once: true })
  })
  aborted.catch(() => {})
  try {
    return await work(aborted)
  } finally {
    signal.removeEventListener("abort", onAbort)
  }
}

/** How {@link tellPeer} tells. */
export interface Farewell {
  /** How long it tries. */
  readonly farewellMs: number
  readonly signal: AbortSignal | undefined
  /** Goes ahead on the error lane. Default: nothing. */
  readonly complaint?: string
}

/**
 * Ends this side with its failure, and resolves when the other has heard it; after the farewell's time at the latest,
 * since the other side may be gone, or may never read. Never rejects: the failure is what counts.
 */
export async function tellPeer(stream: BusStream, failure: BusError, farewell: Farewell): Promise<void> {
  const { farewellMs, signal, complaint } = farewell
  const patienceMs = signal?.aborted ? Math.min(farewellMs, STOPPED_FAREWELL_MS) : farewellMs
  let timer: ReturnType<typeof setTimeout> | undefined
  const impatient = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, patienceMs)
  })
  await Promise.race([tell(stream, failure, complaint).catch(() => {}), impatient])
  clearTimeout(timer)
}

async function tell(stream: BusStream, { code, message }: BusError, complaint: string | undefined): Promise<void> {
  if (complaint !== undefined) await stream.error.write(complaint)
  await stream.fail(code === "cancelled" ? { status: "cancelled", reason: message } : { code, message })
}
