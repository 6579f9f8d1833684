import { useState } from "preact/hooks"
import { Icon } from "../shared/icon.tsx"
import { useObservable } from "../shared/use-observable.ts"
import { DropZone } from "./drop-zone.tsx"
import type { TabDirectory } from "./tab-directory.ts"

interface SendFormProps {
  readonly directory: TabDirectory
  readonly onSend: (file: File, peer: string) => void
}

/** A file, and whom to send it to. */
export function SendForm({ directory, onSend }: SendFormProps) {
  useObservable(directory)
  const { tabs } = directory
  const [file, setFile] = useState<File>()
  const [typed, setTyped] = useState<string>()
  // With one other tab there is nothing to choose.
  const peer = typed ?? tabs[0] ?? ""
  return (
    <form
      class="card send-form"
      onSubmit={(event) => {
        event.preventDefault()
        if (file !== undefined && peer !== "") onSend(file, peer)
      }}
    >
      <DropZone file={file} onFile={setFile} />
      <label class="field">
        <span>To</span>
        <input
          type="text"
          list="tabs"
          autocomplete="off"
          spellcheck={false}
          placeholder="the other tab's id"
          value={peer}
          onInput={(event) => setTyped(event.currentTarget.value)}
        />
        <datalist id="tabs">
          {tabs.map((tab) => (
            <option key={tab} value={tab} />
          ))}
        </datalist>
      </label>
      <div class="send-row">
        <button type="submit" class="button primary" disabled={file === undefined || peer === ""}>
          <Icon name="arrowUp" /> Send
        </button>
        <span class="dim" data-testid="tabs">
          {tabs.length === 0 ? "No other tab is open yet." : `Open: ${tabs.join(", ")}`}
        </span>
      </div>
    </form>
  )
}
