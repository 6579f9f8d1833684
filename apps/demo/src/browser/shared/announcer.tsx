import { useEffect, useState } from "preact/hooks"

/** Says to screen readers what has changed: polite, and without stealing the focus. */
export function Announcer({ text }: { readonly text: string }) {
  const [said, setSaid] = useState("")
  // Only what changes after the region is there is read out.
  useEffect(() => setSaid(text), [text])
  return (
    <div class="visually-hidden" role="status" aria-live="polite">
      {said}
    </div>
  )
}
