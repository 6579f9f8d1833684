import type { BusError } from "@luxbus/packet"
import { useState } from "preact/hooks"

/** Asks for what the broker wants of its clients. */
export function TokenForm({ error, onToken }: { readonly error: BusError; readonly onToken: (token: string) => void }) {
  const [token, setToken] = useState("")
  return (
    <form
      class="card token-form"
      onSubmit={(event) => {
        event.preventDefault()
        onToken(token)
      }}
    >
      <h2>This broker asks for a token</h2>
      <p class="dim">{error.message}</p>
      <label>
        Token
        <input type="password" autocomplete="off" value={token} onInput={(e) => setToken(e.currentTarget.value)} />
      </label>
      <button type="submit" class="button primary" disabled={token === ""}>
        Connect
      </button>
    </form>
  )
}
