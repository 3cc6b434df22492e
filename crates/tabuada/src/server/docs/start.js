// Swagger UI, started from a separate file so that the page needs no inline script.
window.ui = SwaggerUIBundle({
  url: "openapi.json",
  dom_id: "#swagger-ui",
  deepLinking: true,
  // No validator, since it would be a service on the internet.
  validatorUrl: null,
});
