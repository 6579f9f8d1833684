import { render } from "preact"
import { SendApp } from "./send-app.tsx"

const root = document.getElementById("app")
if (root !== null) render(<SendApp />, root)
