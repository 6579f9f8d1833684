import type { RefObject } from "preact"
import { useLayoutEffect, useState } from "preact/hooks"

/** What of a pane is text: measured, since fonts and widths are the reader's. */
export interface PaneSize {
  /** Characters that fit beside each other. */
  readonly columns: number
  readonly heightPx: number
}

const PROBE_CHARS = 100

/**
 * Measures a scrolling pane.
 * @param probe an element within a row's text that holds {@link PROBE_CHARS} characters
 */
export function usePaneSize(pane: RefObject<HTMLElement | null>, probe: RefObject<HTMLElement | null>): PaneSize {
  const [size, setSize] = useState<PaneSize>({ columns: 80, heightPx: 400 })
  useLayoutEffect(() => {
    const paneElement = pane.current
    const probeElement = probe.current
    const textElement = probeElement?.parentElement
    if (paneElement == null || probeElement === null || textElement == null) return
    const measure = () => {
      const charPx = probeElement.getBoundingClientRect().width / PROBE_CHARS
      const columns = Math.floor(textElement.getBoundingClientRect().width / charPx + 0.01)
      const heightPx = paneElement.clientHeight
      setSize((before) => (before.columns === columns && before.heightPx === heightPx ? before : { columns, heightPx }))
    }
    measure()
    const observer = new ResizeObserver(measure)
    observer.observe(paneElement)
    return () => observer.disconnect()
  }, [pane, probe])
  return size
}

/** What a probe holds. */
export const PROBE_TEXT = "0".repeat(PROBE_CHARS)
