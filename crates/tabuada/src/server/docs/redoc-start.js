// ReDoc, started from a separate file so that the page needs no inline script.
Redoc.init(
  "openapi.json",
  {
    nativeScrollbars: true,
    // The search needs a worker made from a text, which the page's policy does not allow.
    disableSearch: true,
    // System fonts, since the page loads none.
    theme: {
      typography: {
        fontFamily: "system-ui, sans-serif",
        headings: { fontFamily: "system-ui, sans-serif" },
        code: { fontFamily: "ui-monospace, monospace" },
      },
    },
  },
  document.getElementById("redoc"),
);
