import { ThemeSwitch } from "./theme-switch.tsx"

/** To what the page is about, past the list of jobs. No link: what is behind `#` names the job. */
function skip(): void {
  document.querySelector("main")?.focus()
}

type PageName = "jobs" | "send" | "type"

/** What all pages have above. */
export function TopBar({ page }: { readonly page: PageName }) {
  const current = (name: PageName) => (page === name ? ("page" as const) : undefined)
  return (
    <header class="top-bar">
      <button type="button" class="skip button" onClick={skip}>
        Skip to the content
      </button>
      <a class="wordmark" href="./index.html" aria-label="luxbus, the start">
        <svg class="mark" viewBox="0 0 26 18" aria-hidden="true" focusable="false">
          <path class="mark-main" d="M2 5h9m5 0h8" />
          <path class="mark-error" d="M2 13h4m5 0h13" />
        </svg>
        <span>luxbus</span>
      </a>
      <nav class="top-nav" aria-label="Pages">
        <a href="./index.html" aria-current={current("jobs")}>
          Jobs
        </a>
        <a href="./send.html" aria-current={current("send")}>
          Send a file
        </a>
        <a href="./type.html" aria-current={current("type")}>
          Type together
        </a>
      </nav>
      <ThemeSwitch />
    </header>
  )
}
