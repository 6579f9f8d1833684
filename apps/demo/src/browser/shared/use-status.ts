import type { Bus, BusStatus } from "@luxbus/client"
import { useEffect, useRef, useState } from "preact/hooks"

/** How long a connection that came back is called "resumed". */
const RESUMED_SHOWN_MS = 4_000

/** A bus's status; the component is drawn again when it changes. */
export function useStatus(bus: Bus): BusStatus {
  const [, setStatus] = useState(bus.status)
  useEffect(() => {
    setStatus(bus.status)
    return bus.onStatus(setStatus)
  }, [bus])
  return bus.status
}

/** Whether a bus came back from an outage just now. */
export function useJustResumed(bus: Bus): boolean {
  const [resumed, setResumed] = useState(false)
  const wasAway = useRef(false)
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined
    const release = bus.onStatus(({ state }) => {
      clearTimeout(timer)
      const isBack = state === "connected" && wasAway.current
      setResumed(isBack)
      if (isBack) timer = setTimeout(() => setResumed(false), RESUMED_SHOWN_MS)
      wasAway.current = state === "suspended" || (wasAway.current && !isBack)
    })
    return () => {
      release()
      clearTimeout(timer)
    }
  }, [bus])
  return resumed
}
