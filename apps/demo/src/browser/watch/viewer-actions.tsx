import type { BrokerLink } from "../shared/broker-link.ts"
import { Icon } from "../shared/icon.tsx"
import type { JobView } from "./job-view.ts"

/** What one viewer can do for itself. */
export function ViewerActions({ link, view }: { readonly link: BrokerLink; readonly view: JobView }) {
  const isOver = view.phase.name === "ended" || view.phase.name === "failed"
  return (
    <div class="viewer-actions">
      <button
        type="button"
        class="button"
        disabled={isOver}
        aria-pressed={view.isPaused}
        onClick={() => (view.isPaused ? view.proceed() : view.pause())}
        title="Read no further: what comes waits at the broker"
      >
        <Icon name={view.isPaused ? "play" : "pause"} /> {view.isPaused ? "Continue" : "Pause"}
      </button>
      <button
        type="button"
        class="button"
        disabled={link.status.state !== "connected"}
        onClick={() => link.cut()}
        title="Break this viewer's connection for a moment"
      >
        <Icon name="cut" /> Cut connection
      </button>
    </div>
  )
}
