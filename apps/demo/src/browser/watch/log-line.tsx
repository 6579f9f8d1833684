import type { LogRow } from "./log-row.ts"
import { markMatches } from "./log-search.ts"

interface LogLineProps {
  readonly row: LogRow
  /** In lines of the pane. */
  readonly height: number
  readonly query: string
  /** Whether the search stands here. */
  readonly isCurrent: boolean
}

/** One row of a log. */
export function LogLine({ row, height, query, isCurrent }: LogLineProps) {
  const text = markMatches(row.text, query).map(({ text, hit }) => (hit ? <mark>{text}</mark> : text))
  const style = { height: `calc(${height} * var(--line))` }
  if (row.lane === "notice")
    return (
      <div class="row notice" data-tone={row.tone} style={style} data-current={isCurrent}>
        <span class="row-text">{text}</span>
      </div>
    )
  return (
    <div class="row" data-lane={row.lane} style={style} data-current={isCurrent}>
      <span class="row-number">{row.beginsChunk ? `${row.lane === "main" ? "M" : "E"}${row.chunk}` : ""}</span>
      <span class="row-text">{text}</span>
    </div>
  )
}
