import { useState } from "preact/hooks"
import prettyBytes from "pretty-bytes"
import { Icon } from "../shared/icon.tsx"

interface DropZoneProps {
  readonly file: File | undefined
  readonly onFile: (file: File) => void
}

/** Takes a file: chosen, or dropped. */
export function DropZone({ file, onFile }: DropZoneProps) {
  const [isOver, setOver] = useState(false)
  const take = (files: FileList | null | undefined) => {
    const first = files?.[0]
    if (first !== undefined) onFile(first)
  }
  return (
    <label
      class="drop-zone"
      data-over={isOver}
      onDragOver={(event) => {
        event.preventDefault()
        setOver(true)
      }}
      onDragLeave={() => setOver(false)}
      onDrop={(event) => {
        event.preventDefault()
        setOver(false)
        take(event.dataTransfer?.files)
      }}
    >
      <Icon name="file" />
      <span>
        {file === undefined ? (
          <>
            <strong>Choose a file</strong> or drop one here
          </>
        ) : (
          <>
            <strong>{file.name}</strong> {prettyBytes(file.size)}
          </>
        )}
      </span>
      <input
        class="visually-hidden"
        type="file"
        aria-label="File to send"
        onChange={(event) => take(event.currentTarget.files)}
      />
    </label>
  )
}
