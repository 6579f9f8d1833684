import { useState } from "preact/hooks"
import prettyBytes from "pretty-bytes"
import { formatCount } from "../shared/format-count.ts"
import { Icon } from "../shared/icon.tsx"
import type { JobLog } from "./job-log.ts"
import type { LaneName } from "./log-row.ts"
import { copyText, downloadText } from "./save-text.ts"

interface LaneBarProps {
  readonly job: string
  readonly log: JobLog
  readonly lane: LaneName
}

const TITLES = { main: "Main", error: "Error" } as const
const COPIED_SHOWN_MS = 1_500

/** One lane's name and numbers, and what can be done with its text. */
export function LaneBar({ job, log, lane }: LaneBarProps) {
  const [said, setSaid] = useState<"copied" | "refused" | undefined>()
  const { bytes, chunks, digest } = log.lanes[lane]
  const title = TITLES[lane]
  const say = (word: "copied" | "refused") => {
    setSaid(word)
    setTimeout(() => setSaid(undefined), COPIED_SHOWN_MS)
  }
  const copy = () =>
    copyText(log.content(lane)).then(
      () => say("copied"),
      () => say("refused"),
    )
  return (
    <div class="lane-bar" data-lane={lane} data-testid={`lane-${lane}`} data-bytes={bytes} data-digest={digest}>
      <span class="lane-name">{title}</span>
      <span class="lane-numbers">
        {formatCount(chunks)} <span class="lane-unit">{chunks === 1 ? "chunk " : "chunks "}</span>
        <span class="separator">·</span> {prettyBytes(bytes)}
      </span>
      {digest !== undefined && (
        <span class="digest" title={`SHA-256 ${digest}`}>
          {digest.slice(0, 8)}
        </span>
      )}
      <span class="lane-actions">
        <button
          type="button"
          class="button icon-button small"
          onClick={copy}
          disabled={bytes === 0}
          aria-label={`Copy the ${lane} lane`}
          title={said ?? `Copy the ${lane} lane`}
          data-said={said}
        >
          <Icon name={said === "copied" ? "check" : "copy"} />
        </button>
        <button
          type="button"
          class="button icon-button small"
          onClick={() => downloadText(log.content(lane), `${job}.${lane}.txt`)}
          disabled={bytes === 0}
          aria-label={`Download the ${lane} lane`}
          title={`Download the ${lane} lane`}
        >
          <Icon name="download" />
        </button>
      </span>
    </div>
  )
}
