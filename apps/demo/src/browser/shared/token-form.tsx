import type { BusError } from "@luxbus/packet"
import { useEffect, useRef, useState } from "preact/hooks"

interface TokenFormProps {
  /** Why the last token was refused; undefined where none was shown yet. */
  readonly refusal: BusError | undefined
  readonly onToken: (token: string) => void
}

/** Asks for what the broker wants of its clients. */
export function TokenForm({ refusal, onToken }: TokenFormProps) {
  const [token, setToken] = useState("")
  const input = useRef<HTMLInputElement>(null)
  // There is nothing else to do here.
  useEffect(() => input.current?.focus(), [])
  return (
    <main>
      <form
        class="card token-form"
        onSubmit={(event) => {
          event.preventDefault()
          onToken(token)
        }}
      >
        <h1>This broker asks for a token</h1>
        <p class="dim">
          Whoever runs it makes one with <code>luxbus token new</code>. This tab keeps it until it is closed.
        </p>
        <label>
          Token
          <input
            ref={input}
            type="password"
            autocomplete="off"
            value={token}
            onInput={(event) => setToken(event.currentTarget.value)}
          />
        </label>
        {refusal !== undefined && (
          <p class="problem" role="alert">
            Refused: {refusal.message}
          </p>
        )}
        <button type="submit" class="button primary" disabled={token === ""}>
          Connect
        </button>
      </form>
    </main>
  )
}
