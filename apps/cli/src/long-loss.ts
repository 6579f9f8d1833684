import type { Bus } from "@luxbus/client"

/**
 * Resolves when the connection has been away for `windowMs` without a break: the broker no longer waits for us.
 * @returns the promise, and what takes the waiting back
 */
export function longLoss(
  bus: Pick<Bus, "status" | "onStatus">,
  windowMs: number,
): { readonly lost: Promise<void>; readonly stop: () => void } {
  let timer: NodeJS.Timeout | undefined
  let unsubscribe = () => {}
  const lost = new Promise<void>((resolve) => {
    const follow = (connected: boolean) => {
      if (connected) {
        clearTimeout(timer)
        timer = undefined
      } else timer ??= setTimeout(resolve, windowMs)
    }
    unsubscribe = bus.onStatus(({ state }) => follow(state === "connected"))
    follow(bus.status.state === "connected")
  })
  const stop = () => {
    clearTimeout(timer)
    unsubscribe()
  }
  return { lost, stop }
}
