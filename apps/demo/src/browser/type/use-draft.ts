import type { RefObject } from "preact"
import { useEffect } from "preact/hooks"
import { Draft } from "./draft.ts"
import type { Room } from "./room.ts"

/** Keeps a text area and a room's text the same; what others type is drawn once a frame. */
export function useDraft(area: RefObject<HTMLTextAreaElement | null>, room: Room): void {
  useEffect(() => {
    const field = area.current
    if (field === null) return
    const draft = new Draft(field, room)
    const stop = new AbortController()
    const { signal } = stop
    field.addEventListener("input", () => draft.typed(), { signal })
    field.addEventListener("compositionstart", () => draft.beginComposition(), { signal })
    field.addEventListener("compositionend", () => draft.endComposition(), { signal })
    let frame: number | undefined
    const drawSoon = () => {
      frame ??= requestAnimationFrame(() => {
        frame = undefined
        draft.draw()
      })
    }
    const release = room.subscribe(drawSoon)
    drawSoon()
    return () => {
      stop.abort()
      release()
      if (frame !== undefined) cancelAnimationFrame(frame)
    }
  }, [area, room])
}
