// Before the first paint, so that a chosen theme does not flash; the module that draws the page comes later.
const theme = localStorage.getItem("luxbus.theme")
if (theme === "light" || theme === "dark") document.documentElement.dataset.theme = theme
