// Swagger UI, started from a file of its own so that the page needs no inline script.
window.ui = SwaggerUIBundle({
  url: "openapi.json",
  dom_id: "#swagger-ui",
  deepLinking: true,
  // Validators live on the internet.
  validatorUrl: null,
});
