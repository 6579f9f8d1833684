import { useEffect, useState } from "preact/hooks"
import { Icon } from "./icon.tsx"

type Theme = "light" | "dark"

const STORAGE_KEY = "luxbus.theme"
const PREFERS_DARK = "(prefers-color-scheme: dark)"

/** Light or dark: as the system has it, until somebody chooses. */
export function ThemeSwitch() {
  const [theme, setTheme] = useState<Theme>(currentTheme)
  useEffect(() => {
    const query = matchMedia(PREFERS_DARK)
    const onChange = () => setTheme(currentTheme())
    query.addEventListener("change", onChange)
    return () => query.removeEventListener("change", onChange)
  }, [])
  const choose = () => {
    const next: Theme = theme === "dark" ? "light" : "dark"
    document.documentElement.dataset["theme"] = next
    localStorage.setItem(STORAGE_KEY, next)
    setTheme(next)
  }
  const label = theme === "dark" ? "Switch to the light theme" : "Switch to the dark theme"
  return (
    <button type="button" class="button icon-button" onClick={choose} aria-label={label} title={label}>
      <Icon name={theme === "dark" ? "sun" : "moon"} />
    </button>
  )
}

function currentTheme(): Theme {
  const chosen = document.documentElement.dataset["theme"]
  if (chosen === "light" || chosen === "dark") return chosen
  return matchMedia(PREFERS_DARK).matches ? "dark" : "light"
}
