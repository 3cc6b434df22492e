// ReDoc, started from a file of its own so that the page needs no inline script.
Redoc.init(
  "openapi.json",
  {
    nativeScrollbars: true,
    // Its worker is made from a text, which the page's policy allows to nobody.
    disableSearch: true,
    // Fonts of the system: the page loads none.
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
