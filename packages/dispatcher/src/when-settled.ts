import { BusError } from "@luxbus/packet"
import type { MaybePromise } from "@luxbus/stream-memory"

/** Whether an answer is still to come. */
export function isPending<T>(value: MaybePromise<T>): value is Promise<T> {
  return value instanceof Promise
}

/**
 * Goes on with an answer: in this call if it is there, later if it is not. A call that throws counts as one that
 * rejects. `onValue` must not throw.
 */
export function whenSettled<T>(
  call: () => MaybePromise<T>,
  onValue: (value: T) => void,
  onError: (error: BusError) => void,
): void {
  let value: MaybePromise<T>
  try {
    value = call()
  } catch (error) {
    onError(asBusError(error))
    return
  }
  if (isPending(value)) value.then(onValue, (error: unknown) => onError(asBusError(error)))
  else onValue(value)
}

/** What was thrown, as a BusError; anything else becomes `internal`. */
export function asBusError(error: unknown): BusError {
  if (error instanceof BusError) return error
  return new BusError("internal", "an unexpected failure in the broker", { cause: error })
}
