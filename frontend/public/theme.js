// Runs before the first paint, so that a dark page never flashes white. Kept apart from the client, because it must not
// wait for it; the stored name is shared with src/providers/theme.rs.
(() => {
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const apply = () => {
    let stored = null;
    try {
      stored = localStorage.getItem("portal.theme");
    } catch {
      // Storage may be switched off: follow the device.
    }
    const theme = stored === "light" || stored === "dark" ? stored : dark.matches ? "dark" : "light";
    document.documentElement.dataset.theme = theme;
  };
  apply();
  dark.addEventListener("change", apply);
  try {
    if (localStorage.getItem("portal.language") === "ja") document.documentElement.lang = "ja";
  } catch {
    // As above.
  }
})();
