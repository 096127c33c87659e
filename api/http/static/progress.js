// Shows how far the grading is, as the server tells it. Without it the page reloads by itself or by its link.
"use strict";
(() => {
  const words = document.getElementById("progress");
  const state = document.getElementById("state");
  const events = new EventSource(words.dataset.events);
  const show = (event) => {
    const told = JSON.parse(event.data);
    words.textContent = told.text;
    state.textContent = told.title;
  };
  events.addEventListener("progress", show);
  events.addEventListener("done", (event) => {
    events.close();
    show(event);
    location.reload();
  });
  events.addEventListener("error", () => {
    // The browser connects again by itself, unless it was refused: then the page looks again later.
    if (events.readyState === EventSource.CLOSED) setTimeout(() => location.reload(), 15000);
  });
})();
