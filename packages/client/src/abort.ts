import { BusError } from "@luxbus/packet"

/** The error of an operation whose signal was aborted: `cancelled`, with the signal's reason as its cause. */
export function abortError(signal: AbortSignal): BusError {
  if (signal.reason instanceof BusError) return signal.reason
  return new BusError("cancelled", "The operation was aborted.", { cause: signal.reason })
}

/**
 * Throws if the signal is aborted already.
 * @throws BusError `cancelled`
 */
export function throwIfAborted(signal: AbortSignal | undefined): void {
  if (signal?.aborted) throw abortError(signal)
}

/** Closes a handle when the signal aborts; at once where it has. */
export function closeOnAbort(handle: { close(): Promise<void> }, signal: AbortSignal | undefined): void {
  if (signal === undefined) return
  if (signal.aborted) void handle.close()
  else signal.addEventListener("abort", () => void handle.close(), { once: true })
}
