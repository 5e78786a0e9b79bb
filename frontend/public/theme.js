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
  // The texts are fetched beside the client; the same choice as in src/providers/language.rs.
  let tag = null;
  try {
    tag = localStorage.getItem("portal.language");
  } catch {
    // As above.
  }
  const root = document.documentElement;
  root.lang = (tag ?? navigator.language ?? "").startsWith("ja") ? "ja" : "en";
  if (root.dataset.texts) {
    const link = document.createElement("link");
    Object.assign(link, { rel: "preload", as: "fetch", crossOrigin: "anonymous", href: `${root.dataset.texts}${root.lang}-first.txt` });
    document.head.append(link);
    // The style sheet of all pages but the first; src/shared/utils/browser.rs adds it when it is not there.
    if (location.pathname !== "/") {
      const styles = document.createElement("link");
      Object.assign(styles, { id: "later-styles", rel: "stylesheet", href: root.dataset.styles });
      document.head.append(styles);
    }
  }
})();
