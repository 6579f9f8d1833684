import { useLayoutEffect, useMemo, useRef, useState } from "preact/hooks"
import { Icon } from "../shared/icon.tsx"
import { LogLine } from "./log-line.tsx"
import type { LogSearch } from "./log-search.ts"
import { RowLayout } from "./row-layout.ts"
import type { RowList } from "./row-list.ts"
import { PROBE_TEXT, usePaneSize } from "./use-pane-size.ts"

interface LogPaneProps {
  readonly list: RowList
  readonly label: string
  readonly search: LogSearch
  /** The row that the search stands on. */
  readonly current: number | undefined
  readonly emptyText: string
}

/** The height of a line: `--line` of the style sheet. */
const LINE_PX = 20
/** Rows drawn beyond what is seen, so that a fast scroll shows no hole. */
const OVERSCAN_LINES = 12

/**
 * A log's rows, of which only those that are seen are drawn. It follows the newest row until somebody scrolls up, and
 * again from where somebody scrolls down to the end.
 */
export function LogPane({ list, label, search, current, emptyText }: LogPaneProps) {
  const pane = useRef<HTMLDivElement>(null)
  const probe = useRef<HTMLSpanElement>(null)
  const { columns, heightPx } = usePaneSize(pane, probe)
  const layout = useMemo(() => new RowLayout(list, columns), [list, columns])
  const [scrollTop, setScrollTop] = useState(0)
  const [isFollowing, setFollowing] = useState(true)
  const lastTop = useRef(0)

  const goneLines = layout.update()
  const totalPx = layout.lines * LINE_PX
  const topPx = isFollowing ? Math.max(0, totalPx - heightPx) : Math.max(0, scrollTop - goneLines * LINE_PX)
  const first = layout.rowAt(Math.max(0, Math.floor(topPx / LINE_PX) - OVERSCAN_LINES))
  const last = layout.rowAt(Math.ceil((topPx + heightPx) / LINE_PX) + OVERSCAN_LINES)

  const scrollTo = (px: number) => {
    const element = pane.current
    if (element === null) return
    element.scrollTop = px
    lastTop.current = element.scrollTop
  }
  useLayoutEffect(() => {
    if (isFollowing) scrollTo(totalPx)
    else if (goneLines > 0) scrollTo(topPx)
  })
  useLayoutEffect(() => {
    if (current === undefined) return
    setFollowing(false)
    const px = layout.top(current) * LINE_PX - heightPx / 2
    scrollTo(px)
    setScrollTop(Math.max(0, px))
  }, [current])

  const onScroll = () => {
    const element = pane.current
    if (element === null) return
    const isAtEnd = element.scrollHeight - element.scrollTop - element.clientHeight < LINE_PX * 1.5
    // Growing at the end moves nothing; only somebody's own scrolling goes up.
    if (isAtEnd) setFollowing(true)
    else if (element.scrollTop < lastTop.current) setFollowing(false)
    lastTop.current = element.scrollTop
    setScrollTop(element.scrollTop)
  }

  const rows = []
  for (let index = first; index <= last && index < list.length; index++) {
    const row = list.at(index)
    if (row === undefined) break
    rows.push(
      <LogLine
        key={list.dropped + index}
        row={row}
        height={layout.height(index)}
        query={search.query}
        isCurrent={index === current}
      />,
    )
  }
  return (
    <div class="log-frame">
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keyboard */}
      <div class="log" ref={pane} onScroll={onScroll} role="log" aria-live="off" aria-label={label} tabIndex={0}>
        <div class="row probe" aria-hidden="true">
          <span class="row-number" />
          <span class="row-text">
            <span ref={probe}>{PROBE_TEXT}</span>
          </span>
        </div>
        <div class="log-rows" style={{ height: `${totalPx}px` }}>
          <div style={{ transform: `translateY(${layout.top(first) * LINE_PX}px)` }}>{rows}</div>
        </div>
        {list.length === 0 && <p class="log-empty">{emptyText}</p>}
      </div>
      {!isFollowing && (
        <button type="button" class="button follow" onClick={() => setFollowing(true)}>
          <Icon name="arrowDown" /> Follow
        </button>
      )}
    </div>
  )
}
