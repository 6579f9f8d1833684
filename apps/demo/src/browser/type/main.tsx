import { render } from "preact"
import { TypeApp } from "./type-app.tsx"

const root = document.getElementById("app")
if (root !== null) render(<TypeApp />, root)
