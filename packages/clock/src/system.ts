import type { Clock, Random, Timer } from "./clock.ts"

declare const setTimeout: (callback: () => void, delayMs: number) => unknown
declare const clearTimeout: (handle: unknown) => void
declare const performance: { now(): number }
declare const crypto: { getRandomValues(bytes: Uint8Array): Uint8Array }
declare const setImmediate: ((callback: () => void) => unknown) | undefined
declare const MessageChannel: new () => {
  port1: { onmessage: (() => void) | null }
  port2: { postMessage(message: unknown): void }
}

/** `setImmediate` where the platform has it (Node), a MessageChannel elsewhere: both run after the turn's own work. */
function endOfTurn(): (callback: () => void) => void {
  if (typeof setImmediate === "function") return (callback) => void setImmediate(callback)
  const queue: (() => void)[] = []
  const { port1, port2 } = new MessageChannel()
  port1.onmessage = () => queue.shift()?.()
  return (callback) => {
    queue.push(callback)
    port2.postMessage(null)
  }
}

/** Makes a clock that follows the platform's own: `performance.now`, `setTimeout`, the end of the event loop's turn. */
export function systemClock(): Clock {
  const defer = endOfTurn()
  return {
    now: () => performance.now(),
    wallNow: () => Date.now(),
    setTimer(delayMs, callback): Timer {
      const handle = setTimeout(callback, delayMs)
      return { cancel: () => clearTimeout(handle) }
    },
    defer,
  }
}

/** Makes a random source on the platform's own, fit for secrets where `bytes` is used. */
export function systemRandom(): Random {
  return {
    float: () => Math.random(),
    bytes: (length) => crypto.getRandomValues(new Uint8Array(length)),
  }
}
