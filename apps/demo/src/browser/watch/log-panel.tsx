import type { RefObject } from "preact"
import { useMemo, useState } from "preact/hooks"
import type { JobView } from "./job-view.ts"
import { LaneBar } from "./lane-bar.tsx"
import { LogPane } from "./log-pane.tsx"
import type { LaneName } from "./log-row.ts"
import { LogSearch } from "./log-search.ts"
import { SearchBox } from "./search-box.tsx"

interface LogPanelProps {
  readonly view: JobView
  /** One lane, or both interleaved as they came. */
  readonly lanes: readonly [LaneName] | readonly ["main", "error"]
  /** Is given the search's input, for a key to reach it. */
  readonly searchInput: RefObject<HTMLInputElement | null>
}

/** Rows of one lane or of both, with the lanes' numbers and a search above. */
export function LogPanel({ view: { job, log }, lanes, searchInput }: LogPanelProps) {
  const [first, second] = lanes
  const list = second === undefined ? log.laneRows[first] : log.rows
  const [query, setQuery] = useState("")
  const [current, setCurrent] = useState<number>()
  const search = useMemo(() => new LogSearch(list, query), [list, query])
  search.update()
  const onQuery = (next: string) => {
    setQuery(next)
    setCurrent(undefined)
  }
  return (
    <div class="log-panel">
      <div class="lane-bars">
        {lanes.map((lane) => (
          <LaneBar key={lane} job={job} log={log} lane={lane} />
        ))}
        <SearchBox search={search} current={current} input={searchInput} onQuery={onQuery} onMove={setCurrent} />
      </div>
      <LogPane
        list={list}
        label={second === undefined ? `The ${first} lane` : "Both lanes, as they came"}
        search={search}
        current={current}
        emptyText={second === undefined ? `Nothing on the ${first} lane yet.` : "Nothing yet."}
      />
    </div>
  )
}
