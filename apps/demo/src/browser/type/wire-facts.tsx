import type { Room } from "./room.ts"

const SHOWN_CHARACTERS = 200

/** What goes over the wire, small. */
export function WireFacts({ room }: { readonly room: Room }) {
  const { pace, text } = room
  const { latencyMs, lastMessage } = pace
  return (
    <div class="wire">
      <dl class="wire-facts">
        <div>
          <dt>keystrokes/s</dt>
          <dd data-testid="pace">{pace.perSecond.toFixed(1)}</dd>
        </div>
        <div>
          <dt>own round trip</dt>
          <dd data-testid="latency">{latencyMs === undefined ? "–" : latencyText(latencyMs)}</dd>
        </div>
        <div>
          <dt>on the way</dt>
          <dd data-testid="pending">{text.pending.length}</dd>
        </div>
      </dl>
      <code class="wire-message" data-testid="last-message">
        {lastMessage === undefined ? "Nothing has been typed yet." : shortened(JSON.stringify(lastMessage))}
      </code>
    </div>
  )
}

/** Units stay apart, and the digits that mean something: `4.2 ms`, `37 ms`, `1.6 s`. */
function latencyText(ms: number): string {
  if (ms >= 1_000) return `${(ms / 1_000).toFixed(1)} s`
  return `${ms.toFixed(ms < 10 ? 1 : 0)} ms`
}

function shortened(text: string): string {
  return text.length <= SHOWN_CHARACTERS ? text : `${text.slice(0, SHOWN_CHARACTERS)}…`
}
