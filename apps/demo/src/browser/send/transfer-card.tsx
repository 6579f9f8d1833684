import prettyBytes from "pretty-bytes"
import prettyMs from "pretty-ms"
import { downloadBlob } from "../shared/download-blob.ts"
import { Icon } from "../shared/icon.tsx"
import { oneLine } from "../shared/shown-text.ts"
import { useObservable } from "../shared/use-observable.ts"
import type { Transfer } from "./transfer.ts"

/** One file on its way, or arrived. */
export function TransferCard({ transfer }: { readonly transfer: Transfer }) {
  useObservable(transfer)
  const { facts, state, bytes } = transfer
  const { direction, name, size, peer } = facts
  const isOver = state.name === "done" || state.name === "failed"
  const share = isOver && state.name === "done" ? 1 : size === undefined || size === 0 ? 0 : bytes / size
  return (
    <li class="card transfer" data-state={state.name} data-testid={`transfer-${direction}`}>
      <div class="transfer-head">
        <Icon name={direction === "sent" ? "arrowUp" : "arrowDown"} />
        <strong class="transfer-name">{name}</strong>
        <span class="dim">
          {direction === "sent" ? "to" : "from"} {oneLine(peer)}
        </span>
        <span class="transfer-action">
          {!isOver && (
            <button type="button" class="button" onClick={() => transfer.stop()}>
              <Icon name="stop" /> Stop
            </button>
          )}
          {state.name === "done" && <SaveButton transfer={transfer} />}
        </span>
      </div>
      <progress max={1} value={share} aria-label={`Progress of ${name}`} data-suspended={transfer.isSuspended} />
      <p class="transfer-facts">
        <strong data-testid="transfer-state">{stateWord(transfer)}</strong>
        <span>
          {prettyBytes(bytes)}
          {size !== undefined && !isOver && ` of ${prettyBytes(size)}`}
        </span>
        {state.name !== "waiting" && <span>{rateText(transfer)}</span>}
        {transfer.resumes > 0 && (
          <span data-testid="resumes">
            resumed {transfer.resumes === 1 ? "once" : `${transfer.resumes} times`}
            {transfer.repeatedBytes > 0 && `, ${prettyBytes(transfer.repeatedBytes)} sent twice`}
          </span>
        )}
      </p>
      {state.name === "done" && (
        <p class="transfer-digest" data-testid="digest" data-digest={state.digest.sha256}>
          <Icon name="check" /> Both ends have SHA-256 <code>{state.digest.sha256}</code>
        </p>
      )}
      {state.name === "failed" && <p class="problem">{state.error.message}</p>}
    </li>
  )
}

function SaveButton({ transfer }: { readonly transfer: Transfer }) {
  const { file, facts } = transfer
  if (file === undefined) return null
  return (
    <button type="button" class="button" onClick={() => downloadBlob(file, facts.name)}>
      <Icon name="download" /> Save
    </button>
  )
}

function stateWord({ state, isSuspended, facts }: Transfer): string {
  if (isSuspended) return "Suspended"
  switch (state.name) {
    case "waiting":
      return `Waiting for ${oneLine(facts.peer)}`
    case "moving":
      return facts.direction === "sent" ? "Sending" : "Receiving"
    case "done":
      return facts.direction === "sent" ? "Sent" : "Received"
    case "failed":
      return state.error.code === "cancelled" ? "Stopped" : "Failed"
  }
}

function rateText({ bytes, elapsedMs, state }: Transfer): string {
  if (elapsedMs < 200) return ""
  const rate = `${prettyBytes((bytes / elapsedMs) * 1_000)}/s`
  return state.name === "moving" ? rate : `${rate}, ${prettyMs(elapsedMs)}`
}
