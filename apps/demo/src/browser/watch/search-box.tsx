import type { RefObject } from "preact"
import { formatCount } from "../shared/format-count.ts"
import { Icon } from "../shared/icon.tsx"
import type { LogSearch } from "./log-search.ts"

interface SearchBoxProps {
  readonly search: LogSearch
  readonly current: number | undefined
  readonly input: RefObject<HTMLInputElement | null>
  readonly onQuery: (query: string) => void
  readonly onMove: (row: number | undefined) => void
}

/** Finds a text in a log: Enter goes to the next place, Shift-Enter to the one before, Escape ends it. */
export function SearchBox({ search, current, input, onQuery, onMove }: SearchBoxProps) {
  const { matches, query } = search
  const place = current === undefined ? -1 : matches.indexOf(current)
  const move = (direction: 1 | -1) =>
    onMove(search.neighbour(current ?? (direction === 1 ? -1 : Number.POSITIVE_INFINITY), direction))
  return (
    <search class="search">
      <Icon name="search" />
      <input
        ref={input}
        type="search"
        placeholder="Search"
        aria-label="Search the log"
        aria-keyshortcuts="/"
        title="Search: press / from anywhere"
        value={query}
        onInput={(event) => onQuery(event.currentTarget.value)}
        onKeyDown={(event) => {
          if (event.key === "Enter") move(event.shiftKey ? -1 : 1)
          if (event.key !== "Escape") return
          onQuery("")
          event.currentTarget.blur()
        }}
      />
      {query !== "" && (
        <>
          <span class="search-count" aria-live="polite">
            {place < 0 ? formatCount(matches.length) : `${formatCount(place + 1)} of ${formatCount(matches.length)}`}
          </span>
          <button
            type="button"
            class="button icon-button small"
            aria-label="Match before"
            disabled={matches.length === 0}
            onClick={() => move(-1)}
          >
            <Icon name="arrowUp" />
          </button>
          <button
            type="button"
            class="button icon-button small"
            aria-label="Next match"
            disabled={matches.length === 0}
            onClick={() => move(1)}
          >
            <Icon name="arrowDown" />
          </button>
        </>
      )}
    </search>
  )
}
