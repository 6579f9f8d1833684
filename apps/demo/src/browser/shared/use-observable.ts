import { useEffect, useReducer } from "preact/hooks"
import type { Observable } from "./observable.ts"

/** Draws the component again when something observed has changed: at most once per frame, however often it changes. */
export function useObservable(...observed: readonly Observable[]): void {
  const [, redraw] = useReducer((count: number) => count + 1, 0)
  useEffect(() => {
    let frame: number | undefined
    const onChange = () => {
      frame ??= requestAnimationFrame(() => {
        frame = undefined
        redraw(undefined)
      })
    }
    // What changed between the first drawing and this subscription.
    onChange()
    const releases = observed.map((each) => each.subscribe(onChange))
    return () => {
      for (const release of releases) release()
      if (frame !== undefined) cancelAnimationFrame(frame)
    }
  }, observed)
}
