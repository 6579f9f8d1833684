const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const

/**
 * Calls `listener` for each signal that asks this process to stop, in place of ending at once.
 * @returns takes the listener back
 */
export function onInterrupt(listener: (signal: NodeJS.Signals) => void): () => void {
  for (const signal of SIGNALS) process.on(signal, listener)
  return () => {
    for (const signal of SIGNALS) process.off(signal, listener)
  }
}

/** Resolves with `promise`, or with undefined at the first signal that asks this process to stop. */
export async function untilInterrupt<T>(promise: Promise<T>): Promise<T | undefined> {
  let stop = () => {}
  const interrupted = new Promise<undefined>((resolve) => {
    stop = onInterrupt(() => resolve(undefined))
  })
  try {
    return await Promise.race([promise, interrupted])
  } finally {
    stop()
  }
}
