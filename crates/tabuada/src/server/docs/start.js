// Swagger UI, started from a separate file so that the page needs no inline script.

import { inLanguage, open } from "./header.js";

open((domNode) => {
  const ui = window.SwaggerUIBundle({
    url: "openapi.json",
    domNode,
    deepLinking: true,
    // A press on "Execute" is enough to try an operation with its example.
    tryItOutEnabled: true,
    // No validator, since it would be a service on the internet.
    validatorUrl: null,
    requestInterceptor: (request) => ({ ...request, headers: { ...request.headers, ...inLanguage() } }),
    onComplete: () => {
      // The course's operation is open at first. An action of its own would add an entry to the browser's history.
      const payload = { thing: ["operations", "course", "evaluate"], shown: true };
      if (location.hash.length < 2) ui.getStore().dispatch({ type: "layout_show", payload });
    },
  });
});
